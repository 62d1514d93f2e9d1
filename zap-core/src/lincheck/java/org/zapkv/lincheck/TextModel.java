// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import static org.zapkv.lincheck.TextOperations.text;

import java.util.HashMap;
import java.util.Map;

/** What the calls of {@link TextOperations} answer where one is over before the next begins. */
public final class TextModel {
  private final Map<Integer, String> map = new HashMap<>();

  public String get(int key) {
    return map.get(key);
  }

  public boolean containsKey(int key) {
    return map.containsKey(key);
  }

  public void put(int key, int value) {
    map.put(key, text(value));
  }

  public boolean remove(int key) {
    return map.remove(key) != null;
  }

  public String putIfAbsent(int key, int value) {
    return map.putIfAbsent(key, text(value));
  }

  public boolean replace(int key, int value) {
    return map.replace(key, text(value)) != null;
  }

  public boolean compareAndSet(int key, int expected, int value) {
    return map.replace(key, text(expected), text(value));
  }

  public boolean removeIf(int key, int expected) {
    return map.remove(key, text(expected));
  }

  public String getAndPut(int key, int value) {
    return map.put(key, text(value));
  }

  public String getAndRemove(int key) {
    return map.remove(key);
  }

  public String compute(int key) {
    return map.compute(key, (same, value) -> value == null ? text(0) : TextOperations.next(value));
  }

  public String computeIfPresent(int key) {
    return map.computeIfPresent(
        key, (same, value) -> value.charAt(0) == '2' ? null : TextOperations.next(value));
  }

  public String computeIfAbsent(int key, int value) {
    return map.computeIfAbsent(key, same -> text(value));
  }

  public String merge(int key, int value) {
    return map.merge(key, text(value), TextOperations::larger);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TextModel model && map.equals(model.map);
  }

  @Override
  public int hashCode() {
    return map.hashCode();
  }
}
