// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes of any number of maps of one store that become durable together: after a crash all of
 * them are there or none. They gather in memory and reach the maps with {@link #commit()}, which
 * leaves the batch empty, to be filled again. Where a batch changes a key twice, the later change
 * counts. It reads what it has written; nothing keeps others from changing meanwhile what it has
 * read of the maps: for that there is {@link ZapStore#transact}.
 *
 * <p>Used by one thread at a time. Other threads may see some of the changes before others while
 * commit runs; of a batch of more than 256 changes, what they change meanwhile comes before it or
 * after it key by key.
 */
public final class Batch {
  private final ZapStore store;
  private final ChangeSet changes = new ChangeSet();
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
    return record(Change.put(keyOf(map, key), value.clone()));
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
    return record(Change.putLong(keyOf(map, key), value));
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
    return record(Change.remove(keyOf(map, key)));
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

  /**
   * The entry that a key would have if the batch were committed now: what the batch puts, else what
   * the map has. Of a key that the batch removes there is none.
   *
   * @param map a map of the batch's store
   * @param key the key, not null
   * @return the entry, with arrays of its own, or null if the key is not there
   * @throws IllegalArgumentException if the map is of another store
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@link ZapMap#MAX_KEY_BYTES}
   * @throws org.zapkv.error.ClosedException if the store is closed
   */
  public @Nullable ZapEntry entry(ZapMap map, byte[] key) {
    MapKey mapKey = keyOf(map, key);
    store.gate().checkOpen();
    Change change = changes.get(mapKey);
    return change == null ? map.entry(key) : change.toEntry();
  }

  /**
   * The value that a key would have if the batch were committed now: what the batch puts, else what
   * the map has.
   *
   * @param map a map of the batch's store
   * @param key the key, not null
   * @return a new array with the value, or null if the key is not there
   * @throws org.zapkv.error.ValueTypeException if the value is a long
   */
  public byte @Nullable [] get(ZapMap map, byte[] key) {
    ZapEntry entry = entry(map, key);
    return entry == null ? null : entry.value();
  }

  /**
   * As {@link #get(ZapMap, byte[])}, read as UTF-8.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return the value, or null if the key is not there
   * @throws org.zapkv.error.ValueTypeException if the value is a long
   */
  public @Nullable String getString(ZapMap map, String key) {
    return Swaps.text(get(map, Keys.utf8(key)));
  }

  /**
   * As {@link #get(ZapMap, byte[])}, where values are longs.
   *
   * @param map a map of the batch's store
   * @param key the key, not null
   * @return the value, or empty if the key is not there
   * @throws org.zapkv.error.ValueTypeException if the value is bytes
   */
  public OptionalLong getLong(ZapMap map, byte[] key) {
    ZapEntry entry = entry(map, key);
    return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.longValue());
  }

  /**
   * As {@link #getLong(ZapMap, byte[])}.
   *
   * @param map a map of the batch's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return the value, or empty if the key is not there
   */
  public OptionalLong getLong(ZapMap map, String key) {
    return getLong(map, Keys.utf8(key));
  }

  private MapKey keyOf(ZapMap map, byte[] key) {
    if (map.store() != store) {
      throw new IllegalArgumentException(
          map + " is not of this batch's store " + store.name() + ": use a batch of its own store");
    }
    return new MapKey(map.plain(), Keys.check(key).clone());
  }

  private Batch record(Change change) {
    Change replaced = changes.put(change);
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
   * Applies the changes, as {@link #commit(Durability)} with the durability of the store, by
   * default {@link Durability#SYNC}: on disk when this returns.
   *
   * @return the commit's sequence, for {@link ZapStore#awaitDurable}
   * @throws org.zapkv.error.MapDroppedException if a map of the changes was dropped
   */
  public long commit() {
    return commit(store.durability());
  }

  /**
   * Applies the changes: all of them or, if this throws one of the exceptions below, none. The
   * batch is empty afterwards if this returns, and unchanged if it throws. Where there is nothing
   * to change it does for the commits before it what the durability says.
   *
   * @param durability what holds of the changes when this returns
   * @return the commit's sequence, for {@link ZapStore#awaitDurable}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.MapDroppedException if a map of the changes was dropped: take another
   *     batch without it
   * @throws org.zapkv.error.ReadOnlyStoreException if the store is open for reading only
   * @throws org.zapkv.error.StoreFullException if the store has no room for the changes, or its
   *     disk was filled by somebody else meanwhile, so that the cache cannot write what the batch
   *     has changed
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more; thrown by
   *     the wait for the disk, too: whether the changes are there after the store was opened again
   *     is then unknown
   * @throws org.zapkv.error.CorruptException if a block that is to change is damaged
   * @throws org.zapkv.error.DeviceException if such a block cannot be read
   */
  public long commit(Durability durability) {
    Objects.requireNonNull(durability, "durability");
    int slot = store.gate().enter();
    try {
      long sequence = new Commit(store, Changes.inOrder(changes.toArray()), changes).run();
      store.commitLog().await(sequence, durability);
      clear();
      return sequence;
    } finally {
      store.gate().exit(slot);
    }
  }
}
