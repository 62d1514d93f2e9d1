// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** An open RocksDB. */
final class RocksDbSubject implements Subject {
  private static final CompressionType[] COMPRESSIONS = {
    CompressionType.SNAPPY_COMPRESSION,
    CompressionType.NO_COMPRESSION,
    CompressionType.LZ4_COMPRESSION
  };

  /** What is to be closed, the last one first. */
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  private final WriteOptions durable;
  private final WriteOptions later;
  private final RocksDB db;

  RocksDbSubject(Path directory, OpenOptions options) {
    RocksDB.loadLibrary();
    LRUCache cache = own(new LRUCache(options.cacheBytes()));
    Options dbOptions =
        own(new Options())
            .setCreateIfMissing(true)
            .setWriteBufferSize(options.cacheBytes() / 4)
            .setUseDirectReads(options.directIo())
            .setUseDirectIoForFlushAndCompaction(options.directIo())
            .setCompressionType(
                COMPRESSIONS[Math.floorMod(options.compression(), COMPRESSIONS.length)])
            .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache));
    durable = own(new WriteOptions()).setSync(true);
    later = own(new WriteOptions()).setSync(false);
    try {
      db = own(RocksDB.open(dbOptions, directory.toString()));
    } catch (RocksDBException e) {
      closeAll(e);
      throw new IllegalStateException("cannot open " + directory + ": " + e.getMessage(), e);
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  private WriteOptions options(Promise promise) {
    return promise == Promise.DURABLE ? durable : later;
  }

  @Override
  public void apply(Change change, Promise promise) {
    byte[] key = MapKeys.stored(change.map(), change.key());
    byte[] value = change.value();
    try {
      if (value == null) {
        db.delete(options(promise), key);
      } else {
        db.put(options(promise), key, value);
      }
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Change change : changes) {
        byte[] key = MapKeys.stored(change.map(), change.key());
        byte[] value = change.value();
        if (value == null) {
          batch.delete(key);
        } else {
          batch.put(key, value);
        }
      }
      db.write(options(promise), batch);
      return 0;
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    try {
      return db.get(MapKeys.stored(map, key));
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public Scan scan(String map, long cookie) {
    return new IteratorScan(db.newIterator(), MapKeys.prefix(map));
  }

  @Override
  public List<String> maps() {
    try (RocksIterator iterator = db.newIterator()) {
      return MapKeys.maps(
          key -> {
            iterator.seek(key);
            check(iterator);
            return iterator.isValid() ? iterator.key() : null;
          });
    }
  }

  @Override
  public void sync() {
    try {
      db.syncWal();
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public void compact() {
    try {
      db.compactRange();
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public List<String> scrub() {
    try {
      db.verifyChecksum();
      return List.of();
    } catch (RocksDBException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    RocksDBException failure = null;
    try {
      db.closeE();
    } catch (RocksDBException e) {
      failure = e;
    }
    closeAll(failure);
    if (failure != null) {
      throw failed(failure);
    }
  }

  private void closeAll(@Nullable Exception failure) {
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception e) {
        if (failure != null) {
          failure.addSuppressed(e);
        }
      }
    }
  }

  private static void check(RocksIterator iterator) {
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  private static IllegalStateException failed(RocksDBException cause) {
    return new IllegalStateException(cause.getMessage(), cause);
  }

  /** The iterator sees what was there when it was made. */
  private static final class IteratorScan implements Scan {
    private final RocksIterator iterator;
    private final byte[] prefix;

    IteratorScan(RocksIterator iterator, byte[] prefix) {
      this.iterator = iterator;
      this.prefix = prefix;
      iterator.seek(prefix);
    }

    @Override
    public @Nullable Entry next() {
      if (!iterator.isValid()) {
        check(iterator);
        return null;
      }
      byte[] stored = iterator.key();
      if (!MapKeys.isOf(stored, prefix)) {
        return null;
      }
      Entry entry = new Entry(MapKeys.key(stored, prefix), iterator.value());
      iterator.next();
      return entry;
    }

    @Override
    public void close() {
      iterator.close();
    }
  }
}
