// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;

/** Chronicle Map. */
final class ChroniclePeer implements Peer {
  static final String SETTINGS =
      "a file, told the length of keys and values and that there will be half as many entries again; the"
          + " page cache is its cache, and it never flushes. A batch is a loop of puts: it has no"
          + " transactions. It cannot be compacted.";

  /** What it needs on 17 and later; and it is not to tell anybody that it is used. */
  static final List<String> JVM_FLAGS =
      List.of(
          "-Dchronicle.analytics.disable=true",
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
          "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
          "--add-opens=java.base/java.io=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
          "--add-opens=java.base/java.util=ALL-UNNAMED");

  private static final int KEY_BYTES = 16;

  private final ChronicleMap<byte[], byte[]> map;

  ChroniclePeer(Path directory, PeerOptions options) throws IOException {
    if (options.durable()) {
      throw new IllegalArgumentException("Chronicle Map cannot make a put durable");
    }
    map =
        ChronicleMapBuilder.of(byte[].class, byte[].class)
            .name("m")
            .averageKeySize(KEY_BYTES)
            .averageValueSize(options.valueBytes())
            .entries(options.entries() + options.entries() / 2)
            .createPersistedTo(directory.resolve("map.dat").toFile());
  }

  @Override
  public void put(byte[] key, byte[] value) {
    map.put(key, value);
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    for (int i = 0; i < keys.length; i++) {
      map.put(keys[i], values[i]);
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return map.get(key);
  }

  @Override
  public int get(byte[] key, byte[] destination) {
    // The destination itself if the length is the same, else a new array.
    byte[] value = map.getUsing(key, destination);
    if (value == null) {
      return -1;
    }
    if (value != destination) {
      System.arraycopy(value, 0, destination, 0, value.length);
    }
    return value.length;
  }

  @Override
  public void remove(byte[] key) {
    map.remove(key);
  }

  @Override
  public void removeBatch(byte[][] keys) {
    for (byte[] key : keys) {
      map.remove(key);
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    byte[][] reused = {new byte[0]};
    map.forEachEntry(
        entry -> {
          byte[] value = entry.value().getUsing(reused[0]);
          reused[0] = value;
          visitor.value(value);
        });
  }

  @Override
  public void commit() {
    // The page cache has it, which is all that can be had.
  }

  @Override
  public void compact() {
    // It cannot.
  }

  @Override
  public void close() {
    map.close();
  }
}
