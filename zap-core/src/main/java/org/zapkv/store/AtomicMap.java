// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;

/*
 * The operations of a map that look at a key and change it as one step: the part of ZapMap that
 * ConditionalCommit does the work of.
 */
abstract sealed class AtomicMap permits StreamMap {

  AtomicMap() {}

  abstract MapKey keyOf(byte[] key);

  abstract ZapStore store();

  /**
   * What holds of a change of this map when the call returns.
   *
   * @return the durability of the store, or the one asked for
   */
  public abstract Durability durability();

  /**
   * Adds an entry if its key is not there. Where it is, what put it there is as durable when this
   * returns as if this had done it (of a batch of more than 256 changes this holds once its commit
   * has returned).
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return null if it was added, else the value that is there, which is left as it is
   * @throws ValueTypeException if the value that is there is a long
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes
   */
  public byte @Nullable [] putIfAbsent(byte[] key, byte[] value) {
    return Swaps.putIfAbsent(this, key, value);
  }

  /**
   * As {@link #putIfAbsent(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null
   * @return null if it was added, else the value that is there
   */
  public byte @Nullable [] putIfAbsent(String key, byte[] value) {
    return putIfAbsent(Keys.utf8(key), value);
  }

  /**
   * As {@link #putIfAbsent(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   * @return null if it was added, else the value that is there, read as UTF-8
   */
  public @Nullable String putIfAbsent(String key, String value) {
    return Swaps.text(putIfAbsent(Keys.utf8(key), Keys.utf8(value)));
  }

  /**
   * As {@link #putIfAbsent(byte[], byte[])}, where values are longs.
   *
   * @param key the key, not null
   * @param value the value
   * @return empty if it was added, else the value that is there
   * @throws ValueTypeException if the value that is there is bytes
   */
  public OptionalLong putLongIfAbsent(byte[] key, long value) {
    return Swaps.putLongIfAbsent(this, key, value);
  }

  /**
   * As {@link #putLongIfAbsent(byte[], long)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   * @return empty if it was added, else the value that is there
   */
  public OptionalLong putLongIfAbsent(String key, long value) {
    return putLongIfAbsent(Keys.utf8(key), value);
  }

  /**
   * Replaces the value of a key that is there, whichever form it has. Where the key is not there,
   * what removed it is as durable when this returns as if this had done it.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return false if the key is not there: nothing was changed
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes
   */
  public boolean replace(byte[] key, byte[] value) {
    return Swaps.replace(this, key, value);
  }

  /**
   * As {@link #replace(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null
   * @return false if the key is not there: nothing was changed
   */
  public boolean replace(String key, byte[] value) {
    return replace(Keys.utf8(key), value);
  }

  /**
   * As {@link #replace(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   * @return false if the key is not there: nothing was changed
   */
  public boolean replace(String key, String value) {
    return replace(Keys.utf8(key), Keys.utf8(value));
  }

  /**
   * As {@link #replace(byte[], byte[])}, with a long.
   *
   * @param key the key, not null
   * @param value the value
   * @return false if the key is not there: nothing was changed
   */
  public boolean replaceLong(byte[] key, long value) {
    return Swaps.replaceLong(this, key, value);
  }

  /**
   * As {@link #replace(byte[], byte[])}, with a long.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   * @return false if the key is not there: nothing was changed
   */
  public boolean replaceLong(String key, long value) {
    return replaceLong(Keys.utf8(key), value);
  }

  /**
   * Replaces the value of a key if it is the expected one: compare and set. Where it is not, what
   * made it what it is, is as durable when this returns as if this had done it (of a batch of more
   * than 256 changes this holds once its commit has returned).
   *
   * @param key the key, not null
   * @param expected the bytes that the value has to have; a long is never equal to bytes
   * @param value the new value, not null
   * @return false if the key is not there or has another value: nothing was changed
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the new value is over {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes
   */
  public boolean replace(byte[] key, byte[] expected, byte[] value) {
    return Swaps.replace(this, key, expected, value);
  }

  /**
   * As {@link #replace(byte[], byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the bytes that the value has to have
   * @param value the new value, not null
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean replace(String key, byte[] expected, byte[] value) {
    return replace(Keys.utf8(key), expected, value);
  }

  /**
   * As {@link #replace(byte[], byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the value that has to be there
   * @param value the new value, not null; stored as UTF-8
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean replace(String key, String expected, String value) {
    return replace(Keys.utf8(key), Keys.utf8(expected), Keys.utf8(value));
  }

  /**
   * As {@link #replace(byte[], byte[], byte[])}, where values are longs.
   *
   * @param key the key, not null
   * @param expected the value that has to be there; bytes are never equal to a long
   * @param value the new value
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean replaceLong(byte[] key, long expected, long value) {
    return Swaps.replaceLong(this, key, expected, value);
  }

  /**
   * As {@link #replaceLong(byte[], long, long)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the value that has to be there
   * @param value the new value
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean replaceLong(String key, long expected, long value) {
    return replaceLong(Keys.utf8(key), expected, value);
  }

  /**
   * Removes an entry if its value is the expected one. Where it is not, the same holds as of {@link
   * #replace(byte[], byte[], byte[])}.
   *
   * @param key the key, not null
   * @param expected the bytes that the value has to have; a long is never equal to bytes
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean remove(byte[] key, byte[] expected) {
    return Swaps.remove(this, key, expected);
  }

  /**
   * As {@link #remove(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the bytes that the value has to have
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean remove(String key, byte[] expected) {
    return remove(Keys.utf8(key), expected);
  }

  /**
   * As {@link #remove(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the value that has to be there
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean remove(String key, String expected) {
    return remove(Keys.utf8(key), Keys.utf8(expected));
  }

  /**
   * As {@link #remove(byte[], byte[])}, where values are longs.
   *
   * @param key the key, not null
   * @param expected the value that has to be there; bytes are never equal to a long
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean removeLong(byte[] key, long expected) {
    return Swaps.removeLong(this, key, expected);
  }

  /**
   * As {@link #removeLong(byte[], long)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param expected the value that has to be there
   * @return false if the key is not there or has another value: nothing was changed
   */
  public boolean removeLong(String key, long expected) {
    return removeLong(Keys.utf8(key), expected);
  }

  /**
   * Adds or replaces an entry, and says what was there.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @return the value that was replaced, null if the key was not there
   * @throws ValueTypeException if the value that is there is a long: nothing was changed
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes
   */
  public byte @Nullable [] getAndPut(byte[] key, byte[] value) {
    return Swaps.getAndPut(this, key, value);
  }

  /**
   * As {@link #getAndPut(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null
   * @return the value that was replaced, null if the key was not there
   */
  public byte @Nullable [] getAndPut(String key, byte[] value) {
    return getAndPut(Keys.utf8(key), value);
  }

  /**
   * As {@link #getAndPut(byte[], byte[])}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   * @return the value that was replaced, read as UTF-8; null if the key was not there
   */
  public @Nullable String getAndPut(String key, String value) {
    return Swaps.text(getAndPut(Keys.utf8(key), Keys.utf8(value)));
  }

  /**
   * As {@link #getAndPut(byte[], byte[])}, where values are longs.
   *
   * @param key the key, not null
   * @param value the value
   * @return the value that was replaced, empty if the key was not there
   * @throws ValueTypeException if the value that is there is bytes: nothing was changed
   */
  public OptionalLong getAndPutLong(byte[] key, long value) {
    return Swaps.getAndPutLong(this, key, value);
  }

  /**
   * As {@link #getAndPutLong(byte[], long)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   * @return the value that was replaced, empty if the key was not there
   */
  public OptionalLong getAndPutLong(String key, long value) {
    return getAndPutLong(Keys.utf8(key), value);
  }

  /**
   * Removes an entry, and says what its value was. Where there is none, what removed it before is
   * as durable when this returns as if this had done it.
   *
   * @param key the key, not null
   * @return the value that was removed, null if the key was not there
   * @throws ValueTypeException if the value that is there is a long: nothing was changed
   */
  public byte @Nullable [] getAndRemove(byte[] key) {
    return Swaps.getAndRemove(this, key);
  }

  /**
   * As {@link #getAndRemove(byte[])}.
   *
   * @param key the key, not null
   * @return the value that was removed, read as UTF-8; null if the key was not there
   */
  public @Nullable String getAndRemove(String key) {
    return Swaps.text(getAndRemove(Keys.utf8(key)));
  }

  /**
   * As {@link #getAndRemove(byte[])}, where values are longs.
   *
   * @param key the key, not null
   * @return the value that was removed, empty if the key was not there
   * @throws ValueTypeException if the value that is there is bytes: nothing was changed
   */
  public OptionalLong getAndRemoveLong(byte[] key) {
    return Swaps.getAndRemoveLong(this, key);
  }

  /**
   * As {@link #getAndRemoveLong(byte[])}.
   *
   * @param key the key, not null
   * @return the value that was removed, empty if the key was not there
   */
  public OptionalLong getAndRemoveLong(String key) {
    return getAndRemoveLong(Keys.utf8(key));
  }

  /**
   * Gives a key the value that a function makes of the one that is there.
   *
   * <p>The function is called with the key locked against changes, inside the store: it should be
   * short, as others that change the store may have to wait for it, and closing does. It may read
   * open maps of the store. Whatever else it asks of this store (a change, a commit, the first use
   * of a map, sync, check, close) is refused with an {@link IllegalStateException} and not done; it
   * must not wait for another thread that does such a thing, nor for another store whose functions
   * change this one. If it throws, nothing is changed, and what it throws comes out of this call.
   * It is called once; but if it returns more than 2048 bytes, and the key is changed by another
   * thread before there is room for so many, once more with what is there then.
   *
   * <p>Where nothing is changed, what was seen is as durable when this returns as if this had done
   * it (of a batch of more than 256 changes this holds once its commit has returned).
   *
   * @param key the key, not null
   * @param function gets the key and a copy of the value, or null if the key is not there; returns
   *     the new value, or null to remove the entry or leave it absent. Not null
   * @return what the function returned
   * @throws ValueTypeException if the value that is there is a long: nothing was changed
   * @throws IllegalStateException if called inside of such a function: nothing was changed
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the function returns more than {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes: nothing was changed
   */
  public byte @Nullable [] compute(
      byte[] key, BiFunction<byte[], byte @Nullable [], byte @Nullable []> function) {
    return Swaps.compute(this, key, Objects.requireNonNull(function, "function"));
  }

  /**
   * As {@link #compute(byte[], BiFunction)}, with texts.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param function gets the key and the value, or null if the key is not there; returns the new
   *     value, or null for none
   * @return what the function returned
   */
  public @Nullable String compute(
      String key, BiFunction<String, @Nullable String, @Nullable String> function) {
    Objects.requireNonNull(function, "function");
    return Swaps.text(
        compute(
            Keys.utf8(key), (bytes, value) -> Swaps.utf8(function.apply(key, Swaps.text(value)))));
  }

  /**
   * As {@link #compute(byte[], BiFunction)}, for a key that is there: else the function is not
   * called.
   *
   * @param key the key, not null
   * @param function gets the key and a copy of the value; returns the new value, or null to remove
   *     the entry
   * @return what the function returned; null if the key is not there
   */
  public byte @Nullable [] computeIfPresent(
      byte[] key, BiFunction<byte[], byte[], byte @Nullable []> function) {
    Objects.requireNonNull(function, "function");
    return compute(key, (bytes, value) -> value == null ? null : function.apply(bytes, value));
  }

  /**
   * As {@link #computeIfPresent(byte[], BiFunction)}, with texts.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param function gets the key and the value; returns the new value, or null to remove the entry
   * @return what the function returned; null if the key is not there
   */
  public @Nullable String computeIfPresent(
      String key, BiFunction<String, String, @Nullable String> function) {
    Objects.requireNonNull(function, "function");
    return compute(key, (same, value) -> value == null ? null : function.apply(same, value));
  }

  /**
   * As {@link #compute(byte[], BiFunction)}, for a key that is not there: else the function is not
   * called.
   *
   * @param key the key, not null
   * @param function gets the key; returns its value, or null for none
   * @return the value that is there, or else what the function returned
   * @throws ValueTypeException if the value that is there is a long
   */
  public byte @Nullable [] computeIfAbsent(
      byte[] key, Function<byte[], byte @Nullable []> function) {
    return Swaps.computeIfAbsent(this, key, Objects.requireNonNull(function, "function"));
  }

  /**
   * As {@link #computeIfAbsent(byte[], Function)}, with texts.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param function gets the key; returns its value, or null for none
   * @return the value that is there, or else what the function returned
   */
  public @Nullable String computeIfAbsent(String key, Function<String, @Nullable String> function) {
    Objects.requireNonNull(function, "function");
    return Swaps.text(computeIfAbsent(Keys.utf8(key), bytes -> Swaps.utf8(function.apply(key))));
  }

  /**
   * Gives a key that is not there a value; the value of a key that is there becomes what a function
   * makes of it and the given one. Of the function holds what {@link #compute(byte[], BiFunction)}
   * says.
   *
   * @param key the key, not null
   * @param value the given value, not null
   * @param function gets a copy of the value that is there and the given one; returns the new
   *     value, or null to remove the entry. Not null
   * @return what the key has now, null if it was removed
   * @throws ValueTypeException if the value that is there is a long: nothing was changed
   */
  public byte @Nullable [] merge(
      byte[] key, byte[] value, BiFunction<byte[], byte[], byte @Nullable []> function) {
    Objects.requireNonNull(function, "function");
    ValueStore.checkSize(Objects.requireNonNull(value, "value"));
    return compute(key, (same, old) -> old == null ? value : function.apply(old, value));
  }

  /**
   * As {@link #merge(byte[], byte[], BiFunction)}, with texts.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the given value, not null; stored as UTF-8
   * @param function gets the value that is there and the given one; returns the new value, or null
   *     to remove the entry
   * @return what the key has now, null if it was removed
   */
  public @Nullable String merge(
      String key, String value, BiFunction<String, String, @Nullable String> function) {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(value, "value");
    return compute(key, (same, old) -> old == null ? value : function.apply(old, value));
  }

  /**
   * As {@link #merge(byte[], byte[], BiFunction)}, where values are longs; never removes.
   *
   * @param key the key, not null
   * @param value the given value
   * @param function gets the value that is there and the given one; returns the new value
   * @return what the key has now
   * @throws ValueTypeException if the value that is there is bytes: nothing was changed
   */
  public long mergeLong(byte[] key, long value, LongBinaryOperator function) {
    return Swaps.mergeLong(this, key, value, Objects.requireNonNull(function, "function"));
  }

  /**
   * As {@link #mergeLong(byte[], long, LongBinaryOperator)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the given value
   * @param function gets the value that is there and the given one; returns the new value
   * @return what the key has now
   */
  public long mergeLong(String key, long value, LongBinaryOperator function) {
    return mergeLong(Keys.utf8(key), value, function);
  }

  /**
   * Adds to a long. A key that is not there counts as 0; one that comes to 0 stays, with 0.
   *
   * @param key the key, not null
   * @param delta what is added, of either sign; with 0 a key that is there is left as it is
   * @return the sum, which the key has now
   * @throws ArithmeticException if the sum is no long: nothing was changed
   * @throws ValueTypeException if the value that is there is bytes: nothing was changed
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   */
  public long increment(byte[] key, long delta) {
    return Swaps.increment(this, key, delta);
  }

  /**
   * As {@link #increment(byte[], long)}.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param delta what is added
   * @return the sum, which the key has now
   */
  public long increment(String key, long delta) {
    return increment(Keys.utf8(key), delta);
  }
}
