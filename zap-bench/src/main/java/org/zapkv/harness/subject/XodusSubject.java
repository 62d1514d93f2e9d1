// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

/** An open Xodus. */
final class XodusSubject implements Subject {
  private final Environment environment;
  private final Store store;

  XodusSubject(Path directory, OpenOptions options) {
    EnvironmentConfig config =
        new EnvironmentConfig()
            .setManagementEnabled(false)
            .setMemoryUsage(options.cacheBytes())
            .setLogDurableWrite(true);
    environment = Environments.newInstance(directory.toFile(), config);
    store =
        environment.computeInTransaction(
            txn -> environment.openStore("m", StoreConfig.WITHOUT_DUPLICATES, txn));
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  /** Durable in any case: that is a setting of the whole store. */
  @Override
  public long commit(List<Change> changes, Promise promise) {
    environment.executeInExclusiveTransaction(
        txn -> {
          for (Change change : changes) {
            ArrayByteIterable key = iterable(MapKeys.stored(change.map(), change.key()));
            byte[] value = change.value();
            if (value == null) {
              store.delete(txn, key);
            } else {
              store.put(txn, key, iterable(value));
            }
          }
        });
    return 0;
  }

  private static ArrayByteIterable iterable(byte[] bytes) {
    return new ArrayByteIterable(bytes);
  }

  private static byte[] copy(ByteIterable bytes) {
    return Arrays.copyOf(bytes.getBytesUnsafe(), bytes.getLength());
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    Transaction txn = environment.beginReadonlyTransaction();
    try {
      ByteIterable value = store.get(txn, iterable(MapKeys.stored(map, key)));
      return value == null ? null : copy(value);
    } finally {
      txn.abort();
    }
  }

  @Override
  public Scan scan(String map, long cookie) {
    Transaction txn = environment.beginReadonlyTransaction();
    return new CursorScan(txn, store.openCursor(txn), MapKeys.prefix(map));
  }

  @Override
  public List<String> maps() {
    return environment.computeInReadonlyTransaction(
        txn -> {
          try (Cursor cursor = store.openCursor(txn)) {
            return MapKeys.maps(
                key ->
                    cursor.getSearchKeyRange(iterable(key)) == null ? null : copy(cursor.getKey()));
          }
        });
  }

  @Override
  public void sync() {
    ((EnvironmentImpl) environment).flushAndSync();
  }

  @Override
  public void compact() {
    environment.gc();
  }

  @Override
  public void close() {
    environment.close();
  }

  /** Sees what was there when it was begun. */
  private static final class CursorScan implements Scan {
    private final Transaction txn;
    private final Cursor cursor;
    private final byte[] prefix;
    private boolean more;

    CursorScan(Transaction txn, Cursor cursor, byte[] prefix) {
      this.txn = txn;
      this.cursor = cursor;
      this.prefix = prefix;
      this.more = cursor.getSearchKeyRange(iterable(prefix)) != null;
    }

    @Override
    public @Nullable Entry next() {
      if (!more) {
        return null;
      }
      byte[] stored = copy(cursor.getKey());
      if (!MapKeys.isOf(stored, prefix)) {
        return null;
      }
      Entry entry = new Entry(MapKeys.key(stored, prefix), copy(cursor.getValue()));
      more = cursor.getNext();
      return entry;
    }

    @Override
    public void close() {
      cursor.close();
      txn.abort();
    }
  }
}
