// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;

/** An open Chronicle Map. */
final class ChronicleSubject implements Subject {
  private static final int ENTRIES = 100_000;
  private static final int KEY_BYTES = 24;
  private static final int VALUE_BYTES = 400;
  private static final double BLOAT = 10;

  private final ChronicleMap<byte[], byte[]> map;

  ChronicleSubject(Path directory, OpenOptions options) throws IOException {
    ChronicleMapBuilder<byte[], byte[]> builder =
        ChronicleMapBuilder.of(byte[].class, byte[].class)
            .name("m")
            .averageKeySize(KEY_BYTES)
            .averageValueSize(VALUE_BYTES)
            .entries(ENTRIES)
            .maxBloatFactor(BLOAT)
            .checksumEntries(true);
    File file = directory.resolve("map.dat").toFile();
    // Nobody can tell whether it was closed.
    map = file.exists() ? builder.recoverPersistedTo(file, true) : builder.createPersistedTo(file);
  }

  @Override
  public void apply(Change change, Promise promise) {
    byte[] key = MapKeys.stored(change.map(), change.key());
    byte[] value = change.value();
    if (value == null) {
      map.remove(key);
    } else {
      map.put(key, value);
    }
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    throw new UnsupportedOperationException("Chronicle Map has no transactions.");
  }

  @Override
  public byte @Nullable [] get(String of, byte[] key) {
    return map.get(MapKeys.stored(of, key));
  }

  @Override
  public Scan scan(String of, long cookie) {
    byte[] prefix = MapKeys.prefix(of);
    List<Entry> entries = new ArrayList<>();
    map.forEachEntry(
        entry -> {
          byte[] stored = entry.key().get();
          if (MapKeys.isOf(stored, prefix)) {
            entries.add(new Entry(MapKeys.key(stored, prefix), entry.value().get().clone()));
          }
        });
    return new CopyScan(entries);
  }

  @Override
  public List<String> maps() {
    TreeSet<String> maps = new TreeSet<>();
    map.forEachEntry(entry -> maps.add(MapKeys.map(entry.key().get())));
    return new ArrayList<>(maps);
  }

  /** It never flushes. */
  @Override
  public void sync() {}

  @Override
  public void close() {
    map.close();
  }
}
