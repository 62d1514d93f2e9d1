// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB. */
final class RocksPeer implements Peer {
  static final String SETTINGS =
      "what its tuning guide gives for a start: LZ4, blocks of 16 KiB, index and filters in the cache, bloom"
          + " filter of 10 bits, `bytes_per_sync` 1 MiB; the rest by default (memtables of 64 MiB, 2"
          + " background jobs). Durable: `WriteOptions.setSync(true)`; else the write-ahead log in a buffer of"
          + " the process (`manual_wal_flush`, which saves a write to the file per put; Zap's `NONE` has"
          + " none either), and `flushWal(true)`. Closing leaves the memtable in the log, as is its default. Compacted: `compactRange()`.";

  private static final int MAX_VALUE_BYTES = 64 << 10;
  private static final int BLOCK_BYTES = 16 << 10;
  private static final double FILTER_BITS = 10;
  private static final long BYTES_PER_SYNC = 1 << 20;

  /** What is to be closed, the last one first. */
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  private final WriteOptions writeOptions;
  private final RocksDB db;

  RocksPeer(Path directory, PeerOptions options) {
    RocksDB.loadLibrary();
    LRUCache cache = own(new LRUCache(options.cacheBytes()));
    BloomFilter filter = own(new BloomFilter(FILTER_BITS));
    Options dbOptions =
        own(new Options())
            .setCreateIfMissing(true)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setBytesPerSync(BYTES_PER_SYNC)
            .setManualWalFlush(!options.durable())
            .setTableFormatConfig(
                new BlockBasedTableConfig()
                    .setBlockCache(cache)
                    .setBlockSize(BLOCK_BYTES)
                    .setCacheIndexAndFilterBlocks(true)
                    .setPinL0FilterAndIndexBlocksInCache(true)
                    .setFilterPolicy(filter));
    writeOptions = own(new WriteOptions()).setSync(options.durable());
    try {
      db = own(RocksDB.open(dbOptions, directory.toString()));
    } catch (RocksDBException e) {
      throw new IllegalStateException("cannot open " + directory, e);
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  @Override
  public void put(byte[] key, byte[] value) {
    try {
      db.put(writeOptions, key, value);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    try (WriteBatch batch = new WriteBatch()) {
      for (int i = 0; i < keys.length; i++) {
        batch.put(keys[i], values[i]);
      }
      db.write(writeOptions, batch);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    try {
      return db.get(key);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int get(byte[] key, byte[] destination) {
    try {
      return db.get(key, destination);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void remove(byte[] key) {
    try {
      db.delete(writeOptions, key);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void removeBatch(byte[][] keys) {
    try (WriteBatch batch = new WriteBatch()) {
      for (byte[] key : keys) {
        batch.delete(key);
      }
      db.write(writeOptions, batch);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void scan(ScanVisitor visitor) {
    ByteBuffer value = ByteBuffer.allocateDirect(MAX_VALUE_BYTES);
    try (RocksIterator iterator = db.newIterator()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        iterator.value(value.clear());
        visitor.value(value);
      }
      iterator.status();
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void compact() {
    try {
      db.compactRange();
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void commit() {
    try {
      db.flushWal(true);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      db.closeE();
      while (!owned.isEmpty()) {
        owned.pop().close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
