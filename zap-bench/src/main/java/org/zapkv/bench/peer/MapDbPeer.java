// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;

/** MapDB. */
final class MapDbPeer implements Peer {
  static final String SETTINGS =
      "an `HTreeMap` in a mapped file, without its write-ahead log (after an unclean end it does not open"
          + " again); the page cache is its cache. Durable: `transactionEnable()`, and `commit()` after"
          + " each put. A batch is a loop of puts before a commit.";

  private final DB db;
  private final HTreeMap<byte[], byte[]> map;
  private final boolean durable;

  MapDbPeer(Path directory, PeerOptions options) {
    durable = options.durable();
    DBMaker.Maker maker =
        DBMaker.fileDB(directory.resolve("map.db").toFile())
            .fileMmapEnableIfSupported()
            .fileMmapPreclearDisable()
            .cleanerHackEnable();
    db = (durable ? maker.transactionEnable() : maker).make();
    map = db.hashMap("m", Serializer.BYTE_ARRAY, Serializer.BYTE_ARRAY).createOrOpen();
  }

  @Override
  public void put(byte[] key, byte[] value) {
    map.put(key, value);
    commitIfDurable();
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    for (int i = 0; i < keys.length; i++) {
      map.put(keys[i], values[i]);
    }
    commitIfDurable();
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return map.get(key);
  }

  @Override
  public void remove(byte[] key) {
    map.remove(key);
    commitIfDurable();
  }

  @Override
  public void removeBatch(byte[][] keys) {
    for (byte[] key : keys) {
      map.remove(key);
    }
    commitIfDurable();
  }

  private void commitIfDurable() {
    if (durable) {
      db.commit();
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    map.forEach((key, value) -> visitor.value(value));
  }

  @Override
  public void commit() {
    db.commit();
  }

  @Override
  public void compact() {
    db.getStore().compact();
  }

  @Override
  public void close() {
    db.close();
  }
}
