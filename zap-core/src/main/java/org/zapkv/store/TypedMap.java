// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map of a store whose keys and values are objects: a {@link ZapMap} with a {@link Codec} for
 * each. Any number of them, with other codecs, and the map itself may be used beside it.
 *
 * <p>Safe for use from many threads; lives as long as the store. Everything that {@link ZapMap}
 * says of changes, durability and exceptions holds here: each change is atomic, and durable as
 * {@link ZapMap#durability} says when the call returns. Beside that every method that takes or
 * returns an object throws {@link org.zapkv.error.CodecException} where a codec does not do what it
 * should, {@link org.zapkv.error.ValueTypeException} where a value is a long and the codec is not
 * {@link Codec#longs}, or the other way round, and {@link NullPointerException} for a null; nothing
 * is changed then.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class TypedMap<K, V> {
  /*
   * What a codec is asked for while a key is locked, it is asked for as functions of the caller are
   * (Callbacks): it is foreign code, too. What a decision returns is decoded before the change is
   * made, so that a codec that fails leaves the entry where it was.
   */

  private final ZapMap map;
  private final CodecSide<K> keys;
  private final CodecSide<V> values;

  TypedMap(ZapMap map, Codec<K> keyCodec, Codec<V> valueCodec) {
    this(map, CodecSide.ofKeys(map.name(), keyCodec), CodecSide.ofValues(map.name(), valueCodec));
  }

  private TypedMap(ZapMap map, CodecSide<K> keys, CodecSide<V> values) {
    this.map = map;
    this.keys = keys;
    this.values = values;
  }

  /**
   * The map below, of bytes and longs.
   *
   * @return the map, with the durability of this one
   */
  public ZapMap map() {
    return map;
  }

  /**
   * The same map, whose changes have another durability: see {@link ZapMap#withDurability}.
   *
   * @param durability what holds of a change when the call returns, not null
   * @return the map with that durability
   */
  public TypedMap<K, V> withDurability(Durability durability) {
    return new TypedMap<>(map.withDurability(durability), keys, values);
  }

  /**
   * Adds or replaces an entry.
   *
   * @param key the key, not null
   * @param value the value, not null
   */
  public void put(K key, V value) {
    map.commit(values.put(keyOf(key), value));
  }

  /**
   * The value of a key.
   *
   * @param key the key, not null
   * @return the value, or null if the key is not there
   */
  public @Nullable V get(K key) {
    return getEncoded(keys.encode(key));
  }

  /** As {@link #get}, of a key's bytes. */
  @Nullable V getEncoded(byte[] key) {
    return values.valueOf(map.entry(key));
  }

  /**
   * Whether a key is there.
   *
   * @param key the key, not null
   * @return true if it is
   */
  public boolean containsKey(K key) {
    return map.containsKey(keys.encode(key));
  }

  /**
   * Removes an entry.
   *
   * @param key the key, not null
   * @return false if it was not there
   */
  public boolean remove(K key) {
    return map.remove(keys.encode(key));
  }

  /**
   * The number of entries.
   *
   * @return 0 or more; exact at some moment during the call
   */
  public long size() {
    return map.size();
  }

  /**
   * Adds an entry if its key is not there: see {@link ZapMap#putIfAbsent(byte[], byte[])}.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return null if it was added, else the value that is there, which is left as it is
   */
  public @Nullable V putIfAbsent(K key, V value) {
    Change change = values.put(keyOf(key), value);
    ZapEntry seen = run(change, before -> before.entry() == null ? change : null).entry();
    return values.valueOf(seen);
  }

  /**
   * Replaces the value of a key that is there.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return false if the key is not there: nothing was changed
   */
  public boolean replace(K key, V value) {
    Change change = values.put(keyOf(key), value);
    return run(change, before -> before.isThere() ? change : null).isThere();
  }

  /**
   * Replaces the value of a key if it is the expected one: see {@link ZapMap#replace(byte[],
   * byte[], byte[])}.
   *
   * @param key the key, not null
   * @param expected what the value has to be {@linkplain Object#equals equal} to once it is decoded
   * @param value the new value, not null
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean replace(K key, V expected, V value) {
    Objects.requireNonNull(expected, "expected");
    Change change = values.put(keyOf(key), value);
    return ConditionalCommit.run(
            change.key,
            change.valueBytes(),
            map.durability(),
            seen -> isValue(seen, expected) ? change : null)
        .isChanged();
  }

  /**
   * Removes an entry if its value is the expected one.
   *
   * @param key the key, not null
   * @param expected what the value has to be {@linkplain Object#equals equal} to once it is decoded
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean remove(K key, V expected) {
    return removeEncoded(keys.encode(key), expected);
  }

  /** As {@link #remove(Object, Object)}, of a key's bytes and an object of any class. */
  boolean removeEncoded(byte[] key, Object expected) {
    Objects.requireNonNull(expected, "expected");
    Change change = Change.remove(map.keyOf(key));
    return ConditionalCommit.runRemoval(
            change.key, map.durability(), seen -> isValue(seen, expected) ? change : null)
        .isChanged();
  }

  private boolean isValue(Seen seen, Object expected) {
    return seen.isThere() && expected.equals(decode(seen));
  }

  /** What was seen; the codec is asked as a function of the caller is. */
  private @Nullable V decode(Seen seen) {
    return map.store().callbacks().call(() -> values.valueOf(seen.entry()));
  }

  /**
   * Adds or replaces an entry, and says what was there.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return the value that was replaced, null if the key was not there
   */
  public @Nullable V getAndPut(K key, V value) {
    Change change = values.put(keyOf(key), value);
    Swaps.Result<V> replaced = new Swaps.Result<>();
    run(change, seen -> afterDecoding(seen, replaced, change));
    return replaced.value;
  }

  /** As {@link #getAndPut} for a key that is there; null, and no change, for another. */
  @Nullable V getAndReplace(K key, V value) {
    Change change = values.put(keyOf(key), value);
    Swaps.Result<V> replaced = new Swaps.Result<>();
    run(change, seen -> seen.isThere() ? afterDecoding(seen, replaced, change) : null);
    return replaced.value;
  }

  /**
   * Removes an entry, and says what its value was.
   *
   * @param key the key, not null
   * @return the value that was removed, null if the key was not there
   */
  public @Nullable V getAndRemove(K key) {
    return getAndRemoveEncoded(keys.encode(key));
  }

  /** As {@link #getAndRemove}, of a key's bytes. */
  @Nullable V getAndRemoveEncoded(byte[] key) {
    Change change = Change.remove(map.keyOf(key));
    Swaps.Result<V> removed = new Swaps.Result<>();
    ConditionalCommit.runRemoval(
        change.key, map.durability(), seen -> afterDecoding(seen, removed, change));
    return removed.value;
  }

  private Change afterDecoding(Seen seen, Swaps.Result<V> result, Change change) {
    result.value = decode(seen);
    return change;
  }

  /**
   * Gives a key the value that a function makes of the one that is there: see {@link
   * ZapMap#compute(byte[], BiFunction)}, also for what the function may do.
   *
   * @param key the key, not null
   * @param function gets the key and the value, or null if the key is not there; returns the new
   *     value, or null for none. Not null
   * @return what the function returned
   */
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    MapKey mapKey = keyOf(key);
    Swaps.Result<V> result = new Swaps.Result<>();
    ConditionalCommit.run(
        mapKey,
        0,
        map.durability(),
        seen ->
            map.store()
                .callbacks()
                .call(
                    () -> {
                      V after = function.apply(key, values.valueOf(seen.entry()));
                      result.value = after;
                      return change(mapKey, seen, after);
                    }));
    return result.value;
  }

  private @Nullable Change change(MapKey key, Seen before, @Nullable V after) {
    if (after == null) {
      return before.isThere() ? Change.remove(key) : null;
    }
    return values.put(key, after);
  }

  /**
   * As {@link #compute}, for a key that is there: else the function is not called.
   *
   * @param key the key, not null
   * @param function gets the key and the value; returns the new value, or null to remove the entry
   * @return what the function returned; null if the key is not there
   */
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    return compute(key, (same, value) -> value == null ? null : function.apply(same, value));
  }

  /**
   * As {@link #compute}, for a key that is not there: else the function is not called.
   *
   * @param key the key, not null
   * @param function gets the key; returns its value, or null for none
   * @return the value that is there, or else what the function returned
   */
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    MapKey mapKey = keyOf(key);
    Swaps.Result<V> result = new Swaps.Result<>();
    ConditionalCommit.run(
        mapKey,
        0,
        map.durability(),
        seen ->
            map.store()
                .callbacks()
                .call(
                    () -> {
                      V before = values.valueOf(seen.entry());
                      result.value = before == null ? function.apply(key) : before;
                      return before == null ? change(mapKey, seen, result.value) : null;
                    }));
    return result.value;
  }

  /**
   * Gives a key that is not there a value; the value of a key that is there becomes what a function
   * makes of it and the given one: see {@link #compute}.
   *
   * @param key the key, not null
   * @param value the given value, not null
   * @param function gets the value that is there and the given one; returns the new value, or null
   *     to remove the entry
   * @return what the key has now, null if it was removed
   */
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(value, "value");
    return compute(key, (same, old) -> old == null ? value : function.apply(old, value));
  }

  /**
   * Calls an action for every entry, with the guarantee of {@link ZapMap#cursor()}: what is there
   * all the time comes once, what comes or goes meanwhile comes once or not at all.
   *
   * @param action what to do, not null; may use the map and the store, and may throw
   */
  public void forEach(BiConsumer<? super K, ? super V> action) {
    Objects.requireNonNull(action, "action");
    map.forEach(
        entry ->
            action.accept(keys.decode(entry.key()), Objects.requireNonNull(values.valueOf(entry))));
  }

  /**
   * The map as a {@link ConcurrentMap}, for code that wants one. A view: what is changed here is
   * changed there, and as durable. It takes no nulls; has each operation of its interface atomic
   * but for {@code clear}, {@code putAll} and {@code replaceAll}, which are one change after the
   * other; the size is what {@link #size} says, with the largest int for more. Iterators, of keys,
   * values and entries, are weakly consistent, remove, and need not be closed; the value of an
   * entry is what it was when the iterator came to it, and setting it puts it. An object of a class
   * that the key codec is not for is no key of the map. It cannot be serialised.
   *
   * @return a view, which costs nothing
   */
  public ConcurrentMap<K, V> asConcurrentMap() {
    return new ConcurrentMapView<>(this);
  }

  private MapKey keyOf(K key) {
    return map.keyOf(keys.encode(key));
  }

  private Seen run(Change change, ConditionalCommit.Decision decision) {
    return ConditionalCommit.run(change.key, change.valueBytes(), map.durability(), decision)
        .seen();
  }

  CodecSide<K> keys() {
    return keys;
  }

  CodecSide<V> values() {
    return values;
  }

  @Override
  public String toString() {
    return "TypedMap[" + map + "]";
  }
}
