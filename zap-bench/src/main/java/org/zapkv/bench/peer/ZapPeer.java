// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** Zap. */
final class ZapPeer implements Peer {
  static final String SETTINGS =
      "the defaults. Durable: `Durability.SYNC`; else `NONE` (what is put is written by the log when its two"
          + " blocks of 128 KiB are full, and is durable after five seconds), and `sync()` where all is to be"
          + " durable. Compacted: `compact`.";

  private static final int USUAL_VALUE_BYTES = 4096;

  private final ZapStore store;
  private final ZapMap map;

  ZapPeer(Path directory, PeerOptions options) {
    store =
        ZapStore.builder()
            .cacheBytes(options.cacheBytes())
            .durability(options.durable() ? Durability.SYNC : Durability.NONE)
            .open(directory);
    map = store.map("m");
  }

  @Override
  public void put(byte[] key, byte[] value) {
    map.put(key, value);
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    Batch batch = store.batch();
    for (int i = 0; i < keys.length; i++) {
      batch.put(map, keys[i], values[i]);
    }
    batch.commit();
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return map.get(key);
  }

  @Override
  public int get(byte[] key, byte[] destination) {
    return map.get(key, destination, 0);
  }

  @Override
  public void remove(byte[] key) {
    map.remove(key);
  }

  @Override
  public void removeBatch(byte[][] keys) {
    Batch batch = store.batch();
    for (byte[] key : keys) {
      batch.remove(map, key);
    }
    batch.commit();
  }

  @Override
  public void scan(ScanVisitor visitor) {
    byte[][] value = {new byte[USUAL_VALUE_BYTES]};
    map.scan(
        entry -> {
          int length = entry.valueLength();
          if (length > value[0].length) {
            value[0] = new byte[length];
          }
          entry.copyValue(value[0], 0);
          visitor.value(value[0], length);
        });
  }

  @Override
  public void compact() {
    store.compact((done, total) -> {});
  }

  @Override
  public void commit() {
    store.sync();
  }

  @Override
  public void close() {
    store.close();
  }
}
