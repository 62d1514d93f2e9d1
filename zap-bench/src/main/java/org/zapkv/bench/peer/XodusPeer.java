// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Environment;
import jetbrains.exodus.env.EnvironmentConfig;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.StoreConfig;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** Xodus. */
final class XodusPeer implements Peer {
  static final String SETTINGS =
      "the defaults, without its beans for monitoring: an append-only log in files of 8 MiB, a transaction per put, its cleaner in the"
          + " background. Durable: `setLogDurableWrite(true)`. Compacted: `gc()`, until the files have"
          + " not changed for a few seconds.";

  private static final long POLL_MILLIS = 500;
  private static final int STILL_POLLS = 8;
  private static final int MAX_POLLS = 240;

  private final File directory;
  private final Environment environment;
  private final Store store;

  XodusPeer(Path directory, PeerOptions options) {
    this.directory = directory.toFile();
    EnvironmentConfig config =
        new EnvironmentConfig()
            .setManagementEnabled(false)
            .setMemoryUsage(options.cacheBytes())
            .setLogDurableWrite(options.durable());
    environment = Environments.newInstance(directory.toFile(), config);
    store =
        environment.computeInTransaction(
            txn -> environment.openStore("m", StoreConfig.WITHOUT_DUPLICATES, txn));
  }

  @Override
  public void put(byte[] key, byte[] value) {
    environment.executeInTransaction(txn -> put(txn, key, value));
  }

  @Override
  public void putBatch(byte[][] keys, byte[][] values) {
    environment.executeInTransaction(
        txn -> {
          for (int i = 0; i < keys.length; i++) {
            put(txn, keys[i], values[i]);
          }
        });
  }

  private void put(Transaction txn, byte[] key, byte[] value) {
    store.put(txn, new ArrayByteIterable(key), new ArrayByteIterable(value));
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    Transaction txn = environment.beginReadonlyTransaction();
    try {
      ByteIterable value = store.get(txn, new ArrayByteIterable(key));
      return value == null ? null : copy(value);
    } finally {
      txn.abort();
    }
  }

  private static byte[] copy(ByteIterable value) {
    return Arrays.copyOf(value.getBytesUnsafe(), value.getLength());
  }

  @Override
  public void remove(byte[] key) {
    environment.executeInTransaction(txn -> store.delete(txn, new ArrayByteIterable(key)));
  }

  @Override
  public void removeBatch(byte[][] keys) {
    environment.executeInTransaction(
        txn -> {
          for (byte[] key : keys) {
            store.delete(txn, new ArrayByteIterable(key));
          }
        });
  }

  @Override
  public void scan(ScanVisitor visitor) {
    environment.executeInReadonlyTransaction(
        txn -> {
          try (Cursor cursor = store.openCursor(txn)) {
            while (cursor.getNext()) {
              visitor.value(copy(cursor.getValue()));
            }
          }
        });
  }

  @Override
  public void commit() {
    ((EnvironmentImpl) environment).flushAndSync();
  }

  @Override
  public void compact() {
    environment.gc();
    long bytes = lengthBytes();
    int still = 0;
    for (int poll = 0; still < STILL_POLLS && poll < MAX_POLLS; poll++) {
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      long now = lengthBytes();
      still = now == bytes ? still + 1 : 0;
      bytes = now;
    }
  }

  private long lengthBytes() {
    return Arrays.stream(Objects.requireNonNull(directory.listFiles()))
        .mapToLong(File::length)
        .sum();
  }

  @Override
  public void close() {
    environment.close();
  }
}
