// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.ConditionalCommit.Decision;
import org.zapkv.store.ConditionalCommit.Outcome;

/** The decisions behind the atomic operations of {@link AtomicMap}, each on one key. */
final class Swaps {
  /*
   * What a decision returns has to be read while the stripe is held (Seen.entry): so each of them
   * asks for what it will return, also where that only finds the value to be of the other form.
   */

  private Swaps() {}

  static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  static byte @Nullable [] utf8(@Nullable String text) {
    return text == null ? null : Keys.utf8(text);
  }

  private static MapKey keyOf(AtomicMap map, byte[] key) {
    return map.keyOf(Keys.check(key));
  }

  private static byte[] checked(byte[] value) {
    ValueStore.checkSize(Objects.requireNonNull(value, "value"));
    return value;
  }

  private static Outcome run(AtomicMap map, MapKey key, int valueBytes, Decision decision) {
    return ConditionalCommit.run(key, valueBytes, map.durability(), decision);
  }

  private static Outcome runLong(AtomicMap map, MapKey key, Decision decision) {
    return run(map, key, Long.BYTES, decision);
  }

  static byte @Nullable [] putIfAbsent(AtomicMap map, byte[] key, byte[] value) {
    Change change = Change.put(keyOf(map, key), checked(value));
    return run(map, change.key, value.length, seen -> seen.bytes() == null ? change : null)
        .seen()
        .bytes();
  }

  static OptionalLong putLongIfAbsent(AtomicMap map, byte[] key, long value) {
    Change change = Change.putLong(keyOf(map, key), value);
    return runLong(map, change.key, seen -> seen.number().isEmpty() ? change : null)
        .seen()
        .number();
  }

  static boolean replace(AtomicMap map, byte[] key, byte[] value) {
    Change change = Change.put(keyOf(map, key), checked(value));
    return run(map, change.key, value.length, seen -> seen.isThere() ? change : null).isChanged();
  }

  static boolean replaceLong(AtomicMap map, byte[] key, long value) {
    Change change = Change.putLong(keyOf(map, key), value);
    return runLong(map, change.key, seen -> seen.isThere() ? change : null).isChanged();
  }

  static boolean replace(AtomicMap map, byte[] key, byte[] expected, byte[] value) {
    Objects.requireNonNull(expected, "expected");
    Change change = Change.put(keyOf(map, key), checked(value));
    return run(map, change.key, value.length, seen -> seen.isValue(expected) ? change : null)
        .isChanged();
  }

  static boolean replaceLong(AtomicMap map, byte[] key, long expected, long value) {
    Change change = Change.putLong(keyOf(map, key), value);
    return runLong(map, change.key, seen -> seen.isValue(expected) ? change : null).isChanged();
  }

  static boolean remove(AtomicMap map, byte[] key, byte[] expected) {
    Objects.requireNonNull(expected, "expected");
    return removeIf(map, key, seen -> seen.isValue(expected));
  }

  static boolean removeLong(AtomicMap map, byte[] key, long expected) {
    return removeIf(map, key, seen -> seen.isValue(expected));
  }

  private static boolean removeIf(AtomicMap map, byte[] key, Predicate<Seen> condition) {
    Change change = Change.remove(keyOf(map, key));
    return ConditionalCommit.runRemoval(
            change.key, map.durability(), seen -> condition.test(seen) ? change : null)
        .isChanged();
  }

  static byte @Nullable [] getAndPut(AtomicMap map, byte[] key, byte[] value) {
    Change change = Change.put(keyOf(map, key), checked(value));
    return run(map, change.key, value.length, seen -> seen.withBytes(change)).seen().bytes();
  }

  static OptionalLong getAndPutLong(AtomicMap map, byte[] key, long value) {
    Change change = Change.putLong(keyOf(map, key), value);
    return runLong(map, change.key, seen -> seen.withNumber(change)).seen().number();
  }

  static byte @Nullable [] getAndRemove(AtomicMap map, byte[] key) {
    Change change = Change.remove(keyOf(map, key));
    return ConditionalCommit.runRemoval(
            change.key, map.durability(), seen -> seen.withBytes(change))
        .seen()
        .bytes();
  }

  static OptionalLong getAndRemoveLong(AtomicMap map, byte[] key) {
    Change change = Change.remove(keyOf(map, key));
    return ConditionalCommit.runRemoval(
            change.key, map.durability(), seen -> seen.withNumber(change))
        .seen()
        .number();
  }

  static byte @Nullable [] compute(
      AtomicMap map,
      byte[] key,
      BiFunction<byte[], byte @Nullable [], byte @Nullable []> function) {
    MapKey mapKey = keyOf(map, key);
    Result<byte[]> result = new Result<>();
    run(
        map,
        mapKey,
        0,
        seen -> {
          byte[] before = seen.bytes();
          // A copy: what was seen is compared with another look, should there be one.
          byte[] copy = before == null ? null : before.clone();
          byte[] after = map.store().callbacks().call(() -> function.apply(key, copy));
          result.value = after;
          return change(mapKey, before, after);
        });
    return result.value;
  }

  static byte @Nullable [] computeIfAbsent(
      AtomicMap map, byte[] key, Function<byte[], byte @Nullable []> function) {
    MapKey mapKey = keyOf(map, key);
    Result<byte[]> result = new Result<>();
    run(
        map,
        mapKey,
        0,
        seen -> {
          byte[] before = seen.bytes();
          if (before != null) {
            result.value = before;
            return null;
          }
          byte[] after = map.store().callbacks().call(() -> function.apply(key));
          result.value = after;
          return change(mapKey, null, after);
        });
    return result.value;
  }

  private static @Nullable Change change(
      MapKey key, byte @Nullable [] before, byte @Nullable [] after) {
    if (after == null) {
      return before == null ? null : Change.remove(key);
    }
    return Change.put(key, checked(after));
  }

  static long mergeLong(AtomicMap map, byte[] key, long value, LongBinaryOperator function) {
    return updateLong(
        map,
        key,
        seen ->
            seen.isPresent()
                ? map.store().callbacks().call(() -> function.applyAsLong(seen.getAsLong(), value))
                : value);
  }

  static long increment(AtomicMap map, byte[] key, long delta) {
    return updateLong(map, key, seen -> sum(key, seen.orElse(0), delta));
  }

  private static long sum(byte[] key, long before, long delta) {
    long sum = before + delta;
    if (((before ^ sum) & (delta ^ sum)) < 0) {
      throw new ArithmeticException(
          "key "
              + Keys.show(key)
              + " has "
              + before
              + ": with "
              + delta
              + " it would be beyond what a long holds; nothing was changed");
    }
    return sum;
  }

  private static long updateLong(AtomicMap map, byte[] key, Function<OptionalLong, Long> next) {
    MapKey mapKey = keyOf(map, key);
    Result<Long> result = new Result<>();
    runLong(
        map,
        mapKey,
        seen -> {
          OptionalLong before = seen.number();
          long after = next.apply(before);
          result.value = after;
          boolean isSame = before.isPresent() && before.getAsLong() == after;
          return isSame ? null : Change.putLong(mapKey, after);
        });
    return Objects.requireNonNull(result.value);
  }

  /** What a decision leaves for its caller; used by one thread. */
  static final class Result<T> {
    @Nullable T value;
  }
}
