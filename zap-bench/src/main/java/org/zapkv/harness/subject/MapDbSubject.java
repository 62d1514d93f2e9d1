// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;

/** An open MapDB. */
final class MapDbSubject implements Subject {
  /** Held while something is changed or committed, as the transaction is everybody's. */
  private final ReentrantLock lock = new ReentrantLock();

  private final DB db;
  private final HTreeMap<byte[], byte[]> map;

  MapDbSubject(Path directory, OpenOptions options) {
    db =
        DBMaker.fileDB(directory.resolve("map.db").toFile())
            .fileMmapEnableIfSupported()
            .fileMmapPreclearDisable()
            .cleanerHackEnable()
            .transactionEnable()
            .make();
    map = db.hashMap("m", Serializer.BYTE_ARRAY, Serializer.BYTE_ARRAY).createOrOpen();
    db.commit();
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    lock.lock();
    try {
      for (Change change : changes) {
        byte[] key = MapKeys.stored(change.map(), change.key());
        byte[] value = change.value();
        if (value == null) {
          map.remove(key);
        } else {
          map.put(key, value);
        }
      }
      if (promise == Promise.DURABLE) {
        db.commit();
      }
      return 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public byte @Nullable [] get(String of, byte[] key) {
    return map.get(MapKeys.stored(of, key));
  }

  @Override
  public Scan scan(String of, long cookie) {
    byte[] prefix = MapKeys.prefix(of);
    List<Entry> entries = new ArrayList<>();
    lock.lock();
    try {
      map.forEach(
          (stored, value) -> {
            if (MapKeys.isOf(stored, prefix)) {
              entries.add(new Entry(MapKeys.key(stored, prefix), value));
            }
          });
    } finally {
      lock.unlock();
    }
    return new CopyScan(entries);
  }

  @Override
  public List<String> maps() {
    TreeSet<String> maps = new TreeSet<>();
    lock.lock();
    try {
      map.forEach((stored, value) -> maps.add(MapKeys.map(stored)));
    } finally {
      lock.unlock();
    }
    return new ArrayList<>(maps);
  }

  @Override
  public void sync() {
    lock.lock();
    try {
      db.commit();
    } finally {
      lock.unlock();
    }
  }

  /** What was not committed is given up by closing it, so it is committed before. */
  @Override
  public void close() {
    sync();
    db.close();
  }
}
