// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.CopyFlags;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** LMDB. */
final class LmdbPeer implements Peer {
  static final String SETTINGS =
      "map size 256 GiB, buffers of `PROXY_OPTIMAL`; the page cache is its cache. Durable: no flag, a"
          + " transaction per put; else `MDB_NOSYNC` (a crash of the system may then damage it), and"
          + " `sync(true)`. Compacted: copied with `MDB_CP_COMPACT`.";

  /** What its buffers need. */
  static final List<String> JVM_FLAGS =
      List.of(
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

  private static final long MAP_BYTES = 256L << 30;
  private static final String DATA = "data.mdb";
  private static final int MAX_VALUE_BYTES = 64 << 10;

  private final ThreadLocal<Buffers> buffers;
  private final Path directory;

  /** Where {@link #compact} leaves what {@link #close} puts in the place of the present file. */
  private final Path copy;

  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> dbi;

  LmdbPeer(Path directory, PeerOptions options) {
    this.directory = directory;
    copy = directory.resolve("copy");
    EnvFlags[] flags = options.durable() ? new EnvFlags[0] : new EnvFlags[] {EnvFlags.MDB_NOSYNC};
    env = Env.create().setMapSize(MAP_BYTES).setMaxDbs(1).open(directory.toFile(), flags);
    dbi = env.openDbi("m", DbiFlags.MDB_CREATE);
    int maxKeyBytes = env.getMaxKeySize();
    buffers = ThreadLocal.withInitial(() -> new Buffers(maxKeyBytes));
  }

  @Override
  public void put(byte[] key, byte[] value) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      put(txn, key, value);
      txn.commit();
    }
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (int i = 0; i < keys.length; i++) {
        put(txn, keys[i], values[i]);
      }
      txn.commit();
    }
  }

  private void put(Txn<ByteBuffer> txn, byte[] key, byte[] value) {
    Buffers mine = buffers.get();
    mine.value.clear().put(value).flip();
    dbi.put(txn, mine.key(key), mine.value);
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      ByteBuffer found = dbi.get(txn, buffers.get().key(key));
      if (found == null) {
        return null;
      }
      byte[] value = new byte[found.remaining()];
      found.get(value);
      return value;
    }
  }

  @Override
  public int get(byte[] key, byte[] destination) {
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      ByteBuffer found = dbi.get(txn, buffers.get().key(key));
      if (found == null) {
        return -1;
      }
      int length = found.remaining();
      found.get(destination, 0, length);
      return length;
    }
  }

  @Override
  public void remove(byte[] key) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      dbi.delete(txn, buffers.get().key(key));
      txn.commit();
    }
  }

  @Override
  public void removeBatch(byte[][] keys) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (byte[] key : keys) {
        dbi.delete(txn, buffers.get().key(key));
      }
      txn.commit();
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    try (Txn<ByteBuffer> txn = env.txnRead();
        Cursor<ByteBuffer> cursor = dbi.openCursor(txn)) {
      for (boolean more = cursor.first(); more; more = cursor.next()) {
        visitor.value(cursor.val());
      }
    }
  }

  @Override
  public void compact() {
    try {
      Files.createDirectories(copy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    env.copy(copy.toFile(), CopyFlags.MDB_CP_COMPACT);
  }

  @Override
  public void commit() {
    env.sync(true);
  }

  @Override
  public void close() {
    env.close();
    try {
      if (Files.exists(copy)) {
        Files.move(copy.resolve(DATA), directory.resolve(DATA), REPLACE_EXISTING);
        Files.delete(copy);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Memory that the library can point to, of one thread. */
  private static final class Buffers {
    final ByteBuffer key;
    final ByteBuffer value = ByteBuffer.allocateDirect(MAX_VALUE_BYTES);

    Buffers(int maxKeyBytes) {
      key = ByteBuffer.allocateDirect(maxKeyBytes);
    }

    ByteBuffer key(byte[] bytes) {
      return key.clear().put(bytes).flip();
    }
  }
}
