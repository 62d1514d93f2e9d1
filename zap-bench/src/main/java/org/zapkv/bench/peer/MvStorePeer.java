// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.nio.file.Path;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/** The MVStore of H2. */
final class MvStorePeer implements Peer {
  static final String SETTINGS =
      "the defaults: its thread commits every second or when 1 MiB is unsaved, does not sync, keeps"
          + " dead chunks for 45 seconds, and compacts in the background. Durable: `commit()` and"
          + " `sync()` after each put; else these where all is to be durable. A batch is a loop of puts:"
          + " it has no transactions of its own. Compacted: `compactFile`.";

  private static final int COMPACT_MILLIS = 600_000;

  private final MVStore store;
  private final MVMap<byte[], byte[]> map;
  private final boolean durable;

  MvStorePeer(Path directory, PeerOptions options) {
    durable = options.durable();
    store =
        new MVStore.Builder()
            .fileName(directory.resolve("mvstore.mv").toString())
            .cacheSize((int) (options.cacheBytes() >> 20))
            .open();
    map =
        store.openMap(
            "m",
            new MVMap.Builder<byte[], byte[]>()
                .keyType(ByteArrayDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
  }

  @Override
  public void put(byte[] key, byte[] value) {
    map.put(key, value);
    if (durable) {
      commit();
    }
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    for (int i = 0; i < keys.length; i++) {
      map.put(keys[i], values[i]);
    }
    if (durable) {
      commit();
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return map.get(key);
  }

  @Override
  public void remove(byte[] key) {
    map.remove(key.clone());
    if (durable) {
      commit();
    }
  }

  @Override
  public void removeBatch(byte[][] keys) {
    for (byte[] key : keys) {
      map.remove(key);
    }
    if (durable) {
      commit();
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    Cursor<byte[], byte[]> cursor = map.cursor(null);
    while (cursor.hasNext()) {
      cursor.next();
      visitor.value(cursor.getValue());
    }
  }

  @Override
  public void compact() {
    store.compactFile(COMPACT_MILLIS);
  }

  @Override
  public void commit() {
    store.commit();
    store.sync();
  }

  @Override
  public void close() {
    store.close();
  }
}
