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
      "the defaults. Durable: `Durability.SYNC`; else `NONE`, and `sync()` where all is to be durable. Compacted: `compact`.";

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
    map.forEach(entry -> visitor.value(entry.value()));
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
