// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.ZapValue;

/**
 * Changes of any number of maps of one store that become durable together: after a crash all of
 * them are there or none. They gather in memory and reach the maps with {@link #commit()}, which
 * leaves the batch empty, to be filled again. Where a batch changes a key twice, the later change
 * counts.
 *
 * <p>Used by one thread at a time. Other threads may see some of the changes before others while
 * commit runs.
 */
public final class Batch {
  /** An estimate of what a change takes on the heap beside its key and value. */
  private static final int CHANGE_OVERHEAD_BYTES = 128;

  private final ZapStore store;
  private final Map<ChangeKey, Change> changes = new LinkedHashMap<>();
  private long heapBytes;

  Batch(ZapStore store) {
    this.store = store;
  }

  /**
   * Adds or replaces an entry.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; copied
   * @param value the value, not null; copied
   * @return this batch
   * @throws IllegalArgumentException if the map is of another store
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@link ZapMap#MAX_KEY_BYTES}
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@link
   *     ZapMap#MAX_VALUE_BYTES}
   */
  public Batch put(ZapMap map, byte[] key, byte[] value) {
    ValueStore.checkSize(Objects.requireNonNull(value, "value"));
    return record(map, key, Kind.PUT_BYTES, value.clone(), 0);
  }

  /**
   * Adds or replaces an entry whose key and value are texts.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   * @return this batch
   */
  public Batch put(ZapMap map, String key, String value) {
    return put(map, Keys.utf8(key), Keys.utf8(value));
  }

  /**
   * Adds or replaces an entry whose value is a long.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; copied
   * @param value the value
   * @return this batch
   */
  public Batch putLong(ZapMap map, byte[] key, long value) {
    return record(map, key, Kind.PUT_LONG, null, value);
  }

  /**
   * Adds or replaces an entry whose key is a text and whose value is a long.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   * @return this batch
   */
  public Batch putLong(ZapMap map, String key, long value) {
    return putLong(map, Keys.utf8(key), value);
  }

  /**
   * Removes an entry, if it is there when the batch is committed.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; copied
   * @return this batch
   */
  public Batch remove(ZapMap map, byte[] key) {
    return record(map, key, Kind.REMOVE, null, 0);
  }

  /**
   * Removes the entry of a key that is a text, if it is there when the batch is committed.
   *
   * @param map a map of the batch's store
   * @param key the key, not null
   * @return this batch
   */
  public Batch remove(ZapMap map, String key) {
    return remove(map, Keys.utf8(key));
  }

  private Batch record(ZapMap map, byte[] key, Kind kind, byte @Nullable [] value, long number) {
    if (map.store() != store) {
      throw new IllegalArgumentException(
          map + " is not of this batch's store " + store.name() + ": use a batch of its own store");
    }
    ChangeKey changeKey = new ChangeKey(map, Keys.check(key).clone());
    Change change = new Change(changeKey, kind, value, number);
    Change replaced = changes.put(changeKey, change);
    heapBytes += change.heapBytes() - (replaced == null ? 0 : replaced.heapBytes());
    return this;
  }

  /**
   * How many entries the batch changes.
   *
   * @return 0 or more
   */
  public int size() {
    return changes.size();
  }

  /**
   * About how much memory the gathered changes take on the heap.
   *
   * @return bytes
   */
  public long heapBytes() {
    return heapBytes;
  }

  /** Forgets the gathered changes. */
  public void clear() {
    changes.clear();
    heapBytes = 0;
  }

  /**
   * Applies the changes and waits until they are on disk, as {@link #commit(Durability)} with
   * {@link Durability#SYNC}.
   *
   * @return the commit's sequence, for {@link ZapStore#awaitDurable}
   */
  public long commit() {
    return commit(Durability.SYNC);
  }

  /**
   * Applies the changes: all of them or, if this throws one of the exceptions below, none. The
   * batch is empty afterwards if this returns, and unchanged if it throws.
   *
   * @param durability whether to wait until the changes are on disk
   * @return the commit's sequence, for {@link ZapStore#awaitDurable}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.StoreFullException if the store has no room for the changes
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more; thrown by
   *     the wait for the disk, too, where the changes are then lost
   * @throws org.zapkv.error.CorruptException if a block that is to change is damaged
   * @throws org.zapkv.error.DeviceException if such a block cannot be read
   */
  public long commit(Durability durability) {
    Objects.requireNonNull(durability, "durability");
    int slot = store.gate().enter();
    try {
      long sequence = apply();
      if (durability == Durability.SYNC) {
        store.awaitSequence(sequence);
      }
      clear();
      return sequence;
    } finally {
      store.gate().exit(slot);
    }
  }

  private long apply() {
    List<Change> ordered = inHashOrder();
    try (Transaction tx = begin(ordered)) {
      new BatchApplier(store, tx).apply(ordered);
      return tx.group();
    }
  }

  private Transaction begin(List<Change> ordered) {
    long frees = ordered.stream().filter(change -> change.kind == Kind.REMOVE).count();
    long expectedBytes = expectedBytes(ordered);
    return frees == ordered.size() ? store.beginFreeing(expectedBytes) : store.begin(expectedBytes);
  }

  /** What the changes may dirty: never more leaves than there are changes, or than the map has. */
  private static long expectedBytes(List<Change> ordered) {
    Map<ZapMap, Long> perMap = new LinkedHashMap<>();
    long payloadBytes = 0;
    for (Change change : ordered) {
      ZapMap changed = change.key.map;
      boolean removes = change.kind == Kind.REMOVE;
      perMap.merge(changed, removes ? changed.removalBytes() : changed.changeBytes(), Long::sum);
      payloadBytes += removes ? 0 : 2 * change.heapBytes();
      payloadBytes += change.value == null ? 0 : ValueStore.objectBytes(change.value);
    }
    long bytes = payloadBytes;
    for (Map.Entry<ZapMap, Long> entry : perMap.entrySet()) {
      ZapMap map = entry.getKey();
      long wholeMapBytes =
          map.object().blockCount() * map.object().blockSizeBytes() + map.changeBytes();
      bytes += Math.min(entry.getValue(), wholeMapBytes);
    }
    return bytes;
  }

  /** Neighbours in the order of the hash share a leaf: each leaf is then visited once. */
  private List<Change> inHashOrder() {
    List<Change> ordered = new ArrayList<>(changes.values());
    for (Change change : ordered) {
      change.hash = change.key.map.zap().hash(change.key.key);
    }
    ordered.sort(
        Comparator.<Change>comparingLong(change -> change.key.map.object().objectId())
            .thenComparing((a, b) -> Long.compareUnsigned(a.hash, b.hash)));
    return ordered;
  }

  enum Kind {
    PUT_BYTES,
    PUT_LONG,
    REMOVE
  }

  /** One change: what is to happen to a key. */
  static final class Change {
    final ChangeKey key;
    final Kind kind;
    final byte @Nullable [] value;
    final long number;
    long hash;

    Change(ChangeKey key, Kind kind, byte @Nullable [] value, long number) {
      this.key = key;
      this.kind = kind;
      this.value = value;
      this.number = number;
    }

    long heapBytes() {
      return CHANGE_OVERHEAD_BYTES + key.key.length + (value == null ? 0L : value.length);
    }

    ZapValue encode(ValueStore values, Transaction tx) {
      return value == null ? ZapValue.ofLong(number) : values.encode(value, tx);
    }
  }

  /** A key of a map of the store. */
  static final class ChangeKey {
    final ZapMap map;
    final byte[] key;

    ChangeKey(ZapMap map, byte[] key) {
      this.map = map;
      this.key = key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ChangeKey that && map == that.map && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(map) + Arrays.hashCode(key);
    }
  }
}
