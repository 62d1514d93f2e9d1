// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.zapkv.store.ZapMap;

/**
 * What Lincheck calls on a map whose values are longs: every operation of one key, each on either
 * of two keys. {@link LongModel} is what each has to answer.
 */
@Param(name = "key", gen = IntGen.class, conf = "0:1")
@Param(name = "value", gen = IntGen.class, conf = "0:2")
public abstract class LongOperations {
  private static final byte[][] KEYS = {{'a'}, {'b'}};

  private final ZapMap map;

  /** Each invocation has an object of its own, and the map in common with those before it. */
  LongOperations(ZapMap map) {
    this.map = map;
    for (byte[] key : KEYS) {
      map.remove(key);
    }
  }

  @Operation
  public final long get(@Param(name = "key") int key) {
    return map.getLong(KEYS[key], LongModel.ABSENT);
  }

  @Operation
  public final boolean containsKey(@Param(name = "key") int key) {
    return map.containsKey(KEYS[key]);
  }

  @Operation
  public final void put(@Param(name = "key") int key, @Param(name = "value") int value) {
    map.putLong(KEYS[key], value);
  }

  @Operation
  public final boolean remove(@Param(name = "key") int key) {
    return map.remove(KEYS[key]);
  }

  @Operation
  public final long putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.putLongIfAbsent(KEYS[key], value).orElse(LongModel.ABSENT);
  }

  @Operation
  public final boolean replace(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.replaceLong(KEYS[key], value);
  }

  @Operation
  public final boolean compareAndSet(
      @Param(name = "key") int key,
      @Param(name = "value") int expected,
      @Param(name = "value") int value) {
    return map.replaceLong(KEYS[key], expected, value);
  }

  @Operation
  public final boolean removeIf(@Param(name = "key") int key, @Param(name = "value") int expected) {
    return map.removeLong(KEYS[key], expected);
  }

  @Operation
  public final long getAndPut(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.getAndPutLong(KEYS[key], value).orElse(LongModel.ABSENT);
  }

  @Operation
  public final long getAndRemove(@Param(name = "key") int key) {
    return map.getAndRemoveLong(KEYS[key]).orElse(LongModel.ABSENT);
  }

  @Operation
  public final long increment(@Param(name = "key") int key) {
    return increment(map, KEYS[key]);
  }

  @Operation
  public final long merge(@Param(name = "key") int key, @Param(name = "value") int value) {
    return map.mergeLong(KEYS[key], value, Math::max);
  }

  /** One more. */
  long increment(ZapMap in, byte[] key) {
    return in.increment(key, 1);
  }
}
