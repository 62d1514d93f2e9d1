// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import java.util.HashMap;
import java.util.Map;

/** What the calls of {@link LongOperations} answer where one is over before the next begins. */
public final class LongModel {
  /** Stands for no value; no operation makes it. */
  static final long ABSENT = Long.MIN_VALUE;

  private final Map<Integer, Long> map = new HashMap<>();

  private static long orAbsent(Long value) {
    return value == null ? ABSENT : value;
  }

  public long get(int key) {
    return orAbsent(map.get(key));
  }

  public boolean containsKey(int key) {
    return map.containsKey(key);
  }

  public void put(int key, int value) {
    map.put(key, (long) value);
  }

  public boolean remove(int key) {
    return map.remove(key) != null;
  }

  public long putIfAbsent(int key, int value) {
    return orAbsent(map.putIfAbsent(key, (long) value));
  }

  public boolean replace(int key, int value) {
    return map.replace(key, (long) value) != null;
  }

  public boolean compareAndSet(int key, int expected, int value) {
    return map.replace(key, (long) expected, (long) value);
  }

  public boolean removeIf(int key, int expected) {
    return map.remove(key, (long) expected);
  }

  public long getAndPut(int key, int value) {
    return orAbsent(map.put(key, (long) value));
  }

  public long getAndRemove(int key) {
    return orAbsent(map.remove(key));
  }

  public long increment(int key) {
    return map.merge(key, 1L, Long::sum);
  }

  public long merge(int key, int value) {
    return map.merge(key, (long) value, Math::max);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LongModel model && map.equals(model.map);
  }

  @Override
  public int hashCode() {
    return map.hashCode();
  }
}
