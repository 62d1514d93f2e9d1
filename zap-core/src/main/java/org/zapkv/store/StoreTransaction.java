// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A transaction: what the function given to {@link ZapStore#transact} reads and changes keys with,
 * of any number of maps of the store. It reads its own changes, and each key once: a second read
 * gives what the first gave. What it changes reaches the maps when the function has returned.
 *
 * <p>Transactions are serialisable for the keys that they read and write one by one, also for those
 * that they find absent: as if each had run alone, at one moment, among all other changes of the
 * store. So none overwrites what it has not seen (lost update), and none acts upon what is no
 * longer true (write skew). Scans are not covered: what a cursor shows inside of the function is
 * not remembered.
 *
 * <p>Nothing is locked while the function runs: one that is slow holds up nobody, but may find
 * itself overtaken. Then it is run again, after a pause that grows (up to a millisecond), 100 times
 * at most. So it should do nothing else that counts. What it reads while others are writing may be
 * of different moments; whatever it returns, throws or changes because of that comes to nothing. If
 * it throws otherwise, nothing is changed, and what it throws comes out of {@code transact}. It may
 * use the store beside its transaction: such changes are made at once and are not taken back, and
 * if they change what the transaction has read, it comes to nothing each time. A transaction inside
 * of it is refused.
 *
 * <p>Its changes are durable together, as those of a {@link Batch}, and other threads that read
 * without a transaction may see some of them before others. More than 256 changes, or 16 MiB, are
 * as good, but hold up others that change the same keys, and some that do not, until all are made.
 * Of a <em>batch</em> of more than 256 changes that is being committed a transaction can read the
 * first before the last are made: if that batch then fails, or does not outlast a crash, the
 * transaction stands all the same.
 *
 * <p>Good for one call of the function, on the thread of that call: any other use of it throws an
 * {@link IllegalStateException}. A map of another store is refused with an {@link
 * IllegalArgumentException}; a map's {@link ZapMap#withDurability durability} does not count here.
 * What is read and written is held on the heap until the end, and the values that were read are
 * read once more at the end. Reading throws {@link org.zapkv.error.CorruptException}, {@link
 * org.zapkv.error.DeviceException} and {@link org.zapkv.error.ClosedException} as that of the map
 * does.
 */
public final class StoreTransaction {
  private final ZapStore store;
  private final Thread owner = Thread.currentThread();
  private final ReadSet reads = new ReadSet();
  private final ChangeSet changes = new ChangeSet();
  private boolean ended;

  StoreTransaction(ZapStore store) {
    this.store = store;
  }

  /**
   * The entry of a key, whichever form its value has.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @return the entry, with arrays of its own, or null if the key is not there
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@link ZapMap#MAX_KEY_BYTES}
   */
  public @Nullable ZapEntry entry(ZapMap map, byte[] key) {
    MapKey mapKey = keyOf(map, key);
    Change change = changes.get(mapKey);
    if (change != null) {
      return change.toEntry();
    }
    ZapEntry read = reads.read(mapKey);
    return read == null ? null : read.copy();
  }

  /**
   * The value of a key.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @return a new array with the value, or null if the key is not there
   * @throws org.zapkv.error.ValueTypeException if the value is a long
   */
  public byte @Nullable [] get(ZapMap map, byte[] key) {
    ZapEntry entry = entry(map, key);
    return entry == null ? null : entry.value();
  }

  /**
   * As {@link #get(ZapMap, byte[])}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return a new array with the value, or null if the key is not there
   */
  public byte @Nullable [] get(ZapMap map, String key) {
    return get(map, Keys.utf8(key));
  }

  /**
   * As {@link #get(ZapMap, byte[])}, read as UTF-8.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return the value, or null if the key is not there
   */
  public @Nullable String getString(ZapMap map, String key) {
    return Swaps.text(get(map, key));
  }

  /**
   * The value of a key, where values are longs.
   *
   * @param map a map of the transaction's store
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
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return the value, or empty if the key is not there
   */
  public OptionalLong getLong(ZapMap map, String key) {
    return getLong(map, Keys.utf8(key));
  }

  /**
   * The value of a key of a map of objects.
   *
   * @param <K> the keys
   * @param <V> the values
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @return the value, or null if the key is not there
   * @throws org.zapkv.error.CodecException if a codec does not do what it should
   * @throws org.zapkv.error.ValueTypeException if the value is not of the codec's form
   */
  public <K, V> @Nullable V get(TypedMap<K, V> map, K key) {
    return map.values().valueOf(entry(map.map(), map.keys().encode(key)));
  }

  /**
   * Whether a key is there; counts as a read of its value.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @return true if it is
   */
  public boolean containsKey(ZapMap map, byte[] key) {
    return entry(map, key) != null;
  }

  /**
   * As {@link #containsKey(ZapMap, byte[])}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @return true if it is
   */
  public boolean containsKey(ZapMap map, String key) {
    return containsKey(map, Keys.utf8(key));
  }

  /**
   * Adds or replaces an entry.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; copied
   * @param value the value, not null; copied
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@link ZapMap#MAX_KEY_BYTES}
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@link
   *     ZapMap#MAX_VALUE_BYTES}
   */
  public void put(ZapMap map, byte[] key, byte[] value) {
    ValueStore.checkSize(Objects.requireNonNull(value, "value"));
    changes.put(Change.put(keyOf(map, key), value.clone()));
  }

  /**
   * As {@link #put(ZapMap, byte[], byte[])}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; copied
   */
  public void put(ZapMap map, String key, byte[] value) {
    put(map, Keys.utf8(key), value);
  }

  /**
   * As {@link #put(ZapMap, byte[], byte[])}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   */
  public void put(ZapMap map, String key, String value) {
    put(map, Keys.utf8(key), Keys.utf8(value));
  }

  /**
   * Adds or replaces an entry whose value is a long.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; copied
   * @param value the value
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@link ZapMap#MAX_KEY_BYTES}
   */
  public void putLong(ZapMap map, byte[] key, long value) {
    changes.put(Change.putLong(keyOf(map, key), value));
  }

  /**
   * As {@link #putLong(ZapMap, byte[], long)}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   */
  public void putLong(ZapMap map, String key, long value) {
    putLong(map, Keys.utf8(key), value);
  }

  /**
   * Adds or replaces an entry of a map of objects.
   *
   * @param <K> the keys
   * @param <V> the values
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @param value the value, not null
   * @throws org.zapkv.error.CodecException if a codec does not do what it should
   */
  public <K, V> void put(TypedMap<K, V> map, K key, V value) {
    changes.put(map.values().put(keyOf(map.map(), map.keys().encode(key)), value));
  }

  /**
   * Removes an entry, if it is there; does not count as a read.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; copied
   */
  public void remove(ZapMap map, byte[] key) {
    changes.put(Change.remove(keyOf(map, key)));
  }

  /**
   * As {@link #remove(ZapMap, byte[])}.
   *
   * @param map a map of the transaction's store
   * @param key the key, not null; the entry's key is its UTF-8 form
   */
  public void remove(ZapMap map, String key) {
    remove(map, Keys.utf8(key));
  }

  /**
   * Removes an entry of a map of objects, if it is there; does not count as a read.
   *
   * @param <K> the keys
   * @param map a map of the transaction's store
   * @param key the key, not null
   * @throws org.zapkv.error.CodecException if the key codec does not do what it should
   */
  public <K> void remove(TypedMap<K, ?> map, K key) {
    remove(map.map(), map.keys().encode(key));
  }

  private MapKey keyOf(ZapMap map, byte[] key) {
    if (ended || Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "a transaction of store "
              + store.name()
              + (ended ? " was used after its function had ended" : " was used by another thread")
              + ": use it in the function that it is given to");
    }
    if (map.store() != store) {
      throw new IllegalArgumentException(
          map + " is not of this transaction's store " + store.name());
    }
    return new MapKey(map.plain(), Keys.check(key).clone());
  }

  /** The function has returned: from now on it is only committed. */
  void end() {
    ended = true;
  }

  ReadSet reads() {
    return reads;
  }

  ChangeSet changes() {
    return changes;
  }

  @Override
  public String toString() {
    return "StoreTransaction[" + store.name() + ", " + changes.size() + " changes]";
  }
}
