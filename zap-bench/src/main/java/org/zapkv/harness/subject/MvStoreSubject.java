// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.tx.Transaction;
import org.h2.mvstore.tx.TransactionMap;
import org.h2.mvstore.tx.TransactionStore;
import org.jspecify.annotations.Nullable;

/**
 * An open MVStore. A walk says which version it reads, as a statement of H2 does: an iterator alone
 * does not keep a version's chunks, which compacting frees at once, whatever the retention time.
 * Without that a walk over a store that is written and compacted meanwhile ends with "Chunk not
 * found".
 */
final class MvStoreSubject implements Subject {
  private static final String MAP = "m";
  private static final int COMPACT_MILLIS = 100;

  private final MVStore store;
  private final TransactionStore transactions;

  MvStoreSubject(Path directory, OpenOptions options) {
    MVStore.Builder builder =
        new MVStore.Builder()
            .fileName(directory.resolve("mvstore.mv").toString())
            .cacheSize((int) (options.cacheBytes() >> 20));
    store = (options.compression() % 2 == 0 ? builder : builder.compress()).open();
    store.setAutoCommitDelay((int) Math.min(options.syncMillis(), Integer.MAX_VALUE));
    transactions = new TransactionStore(store);
    transactions.init();
    transactions.endLeftoverTransactions();
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    Transaction transaction = transactions.begin();
    try {
      TransactionMap<byte[], byte[]> map = transaction.openMap(MAP);
      for (Change change : changes) {
        byte[] key = MapKeys.stored(change.map(), change.key());
        byte[] value = change.value();
        if (value == null) {
          map.remove(key);
        } else {
          map.put(key, value);
        }
      }
      transaction.commit();
    } catch (RuntimeException | Error e) {
      rollback(transaction, e);
      throw e;
    }
    if (promise == Promise.DURABLE) {
      sync();
    }
    return 0;
  }

  private static void rollback(Transaction transaction, Throwable cause) {
    try {
      transaction.rollback();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    Transaction transaction = transactions.begin();
    try {
      TransactionMap<byte[], byte[]> of = transaction.openMap(MAP);
      byte[] value = of.get(MapKeys.stored(map, key));
      // Of the map itself, maybe.
      return value == null ? null : value.clone();
    } finally {
      transaction.commit();
    }
  }

  @Override
  public Scan scan(String map, long cookie) {
    return new TransactionScan(store, transactions.begin(), MapKeys.prefix(map));
  }

  @Override
  public List<String> maps() {
    Transaction transaction = transactions.begin();
    try {
      TransactionMap<byte[], byte[]> of = transaction.openMap(MAP);
      return MapKeys.maps(of::ceilingKey);
    } finally {
      transaction.commit();
    }
  }

  @Override
  public void sync() {
    store.commit();
    store.sync();
  }

  @Override
  public void compact() {
    store.compactFile(COMPACT_MILLIS);
  }

  @Override
  public void close() {
    transactions.close();
    store.close();
  }

  /** Sees what was there when it was begun. */
  private static final class TransactionScan implements Scan {
    private final MVStore store;
    private final MVStore.TxCounter version;
    private final Transaction transaction;
    private final byte[] prefix;
    private final Iterator<Map.Entry<byte[], byte[]>> iterator;

    TransactionScan(MVStore store, Transaction transaction, byte[] prefix) {
      this.store = store;
      this.version = store.registerVersionUsage();
      this.transaction = transaction;
      this.prefix = prefix;
      TransactionMap<byte[], byte[]> map = transaction.openMap(MAP);
      this.iterator = map.entryIterator(prefix, null);
    }

    @Override
    public @Nullable Entry next() {
      if (!iterator.hasNext()) {
        return null;
      }
      Map.Entry<byte[], byte[]> entry = iterator.next();
      byte[] stored = entry.getKey();
      return MapKeys.isOf(stored, prefix)
          ? new Entry(MapKeys.key(stored, prefix), entry.getValue().clone())
          : null;
    }

    @Override
    public void close() {
      transaction.commit();
      store.deregisterVersionUsage(version);
    }
  }
}
