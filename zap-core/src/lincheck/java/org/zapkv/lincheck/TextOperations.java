// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.zapkv.store.ZapMap;

/**
 * What Lincheck calls on a map whose values are bytes, which only a fat ZAP holds. {@link
 * TextModel} is what each has to answer. The digits of a value are many times over, so that it
 * fills several chunks of a leaf, and a torn one is seen.
 */
@Param(name = "key", gen = IntGen.class, conf = "0:1")
@Param(name = "value", gen = IntGen.class, conf = "0:2")
public final class TextOperations {
  private static final String[] KEYS = {"a", "b"};

  private final ZapMap map = Maps.TEXTS;

  /** Each invocation has an object of its own, and the map in common with those before it. */
  public TextOperations() {
    for (String key : KEYS) {
      map.remove(key);
    }
  }

  /** The text of a number. */
  static String text(int value) {
    return String.valueOf((char) ('0' + value)).repeat(30 * (value + 1));
  }

  /** The text after another: that of the next number, and of 0 after that of 2. */
  static String next(String text) {
    return text((text.charAt(0) - '0' + 1) % 3);
  }

  @Operation
  public String get(@Param(name = "key") int key) {
    return map.getString(KEYS[key]);
  }

  @Operation
  public boolean containsKey(@Param(name = "key") int key) {
    return map.containsKey(KEYS[key]);
  }

  @Operation
  public void put(@Param(name = "key") int key, @Param(name = "value") int value) {
    map.put(KEYS[key], text(value));
  }

  @Operation
  public boolean remove(@Param(name = "key") int key) {
    return map.remove(KEYS[key]);
  }

  @Operation
  public String putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.putIfAbsent(KEYS[key], text(value));
  }

  @Operation
  public boolean replace(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.replace(KEYS[key], text(value));
  }

  @Operation
  public boolean compareAndSet(
      @Param(name = "key") int key,
      @Param(name = "value") int expected,
      @Param(name = "value") int value) {
    return map.replace(KEYS[key], text(expected), text(value));
  }

  @Operation
  public boolean removeIf(@Param(name = "key") int key, @Param(name = "value") int expected) {
    return map.remove(KEYS[key], text(expected));
  }

  @Operation
  public String getAndPut(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.getAndPut(KEYS[key], text(value));
  }

  @Operation
  public String getAndRemove(@Param(name = "key") int key) {
    return map.getAndRemove(KEYS[key]);
  }

  @Operation
  public String compute(@Param(name = "key") int key) {
    return map.compute(KEYS[key], (same, value) -> value == null ? text(0) : next(value));
  }

  @Operation
  public String computeIfPresent(@Param(name = "key") int key) {
    return map.computeIfPresent(
        KEYS[key], (same, value) -> value.charAt(0) == '2' ? null : next(value));
  }

  @Operation
  public String computeIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.computeIfAbsent(KEYS[key], same -> text(value));
  }

  @Operation
  public String merge(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.merge(KEYS[key], text(value), TextOperations::larger);
  }

  /** The one of two texts that has the larger digit. */
  static String larger(String one, String other) {
    return one.charAt(0) >= other.charAt(0) ? one : other;
  }
}
