// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/** All that a store holds: every key of every map, and whose value it has. Used by one thread. */
public final class Found {
  /** Is told of an entry. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * There is an entry.
     *
     * @param map the name of its map
     * @param key its key
     * @param value its value
     */
    void visit(String map, String key, Value value);
  }

  private final Map<String, Map<String, Value>> maps = new TreeMap<>();
  private int entryCount;

  /** Nothing; for what another process has read. */
  public Found() {}

  /**
   * Reads everything, in two ways: by a walk over each map, and by each key that the walk has.
   * Nobody changes the store meanwhile.
   *
   * @param subject the store; what it throws is thrown on
   * @return what it holds
   * @throws Violation if the two ways do not agree, a walk has a key twice, or a value is none that
   *     the harness makes
   */
  public static Found read(Subject subject) {
    Found found = new Found();
    for (String map : subject.maps()) {
      try (Scan scan = subject.scan(map, 0)) {
        for (Entry entry = scan.next(); entry != null; entry = scan.next()) {
          found.add(map, entry.key(), entry.value());
          checkGet(subject, map, entry);
        }
      }
    }
    return found;
  }

  private static void checkGet(Subject subject, String map, Entry entry) {
    byte[] got = subject.get(map, entry.key());
    if (!Arrays.equals(got, entry.value())) {
      String key = new String(entry.key(), StandardCharsets.UTF_8);
      throw new Violation(
          Kind.WRONG_READ,
          "%s has %s when read by its key, and %s in a walk"
              .formatted(
                  Line.place(map, key),
                  Version.text(got == null ? null : valueOf(map, key, got)),
                  Version.text(valueOf(map, key, entry.value()))));
    }
  }

  void add(String map, byte[] keyBytes, byte[] valueBytes) {
    String key = new String(keyBytes, StandardCharsets.UTF_8);
    add(map, key, valueOf(map, key, valueBytes));
  }

  /**
   * Adds an entry.
   *
   * @param map the name of its map
   * @param key its key
   * @param value its value
   * @throws Violation if the key is there
   */
  public void add(String map, String key, Value value) {
    if (maps.computeIfAbsent(map, any -> new TreeMap<>()).put(key, value) != null) {
      throw new Violation(Kind.WRONG_SCAN, Line.place(map, key) + " was seen twice by a walk");
    }
    entryCount++;
  }

  /** The value that bytes are. */
  static Value valueOf(String map, String key, byte[] bytes) {
    if (bytes.length >= Value.MIN_BYTES) {
      Value value = new Value(Value.tagOf(bytes), bytes.length);
      if (Arrays.equals(value.bytes(), bytes)) {
        return value;
      }
    }
    throw new Violation(
        Kind.ALIEN,
        "%s has %d bytes that begin with %s: no value of the harness is like that"
            .formatted(
                Line.place(map, key),
                bytes.length,
                Arrays.toString(Arrays.copyOf(bytes, Math.min(bytes.length, 16)))));
  }

  /**
   * How much it is.
   *
   * @return the number of entries of all maps
   */
  public int entryCount() {
    return entryCount;
  }

  @Nullable Value get(String map, String key) {
    return maps.getOrDefault(map, Map.of()).get(key);
  }

  /**
   * Goes through everything, in order.
   *
   * @param visitor told of each entry
   */
  public void forEach(Visitor visitor) {
    maps.forEach((map, keys) -> keys.forEach((key, value) -> visitor.visit(map, key, value)));
  }

  /**
   * Judges what the same store holds after another crash, where nothing was changed in between: as
   * of a crash in the recovery from one.
   *
   * @param later what it holds then
   * @throws Violation if it is not the same
   */
  public void checkSame(Found later) {
    forEach(
        (map, key, value) -> {
          Value now = later.get(map, key);
          if (!value.equals(now)) {
            throw different(map, key, value, now);
          }
        });
    later.forEach(
        (map, key, value) -> {
          if (get(map, key) == null) {
            throw different(map, key, null, value);
          }
        });
  }

  private static Violation different(
      String map, String key, @Nullable Value before, @Nullable Value now) {
    return new Violation(
        before == null ? Kind.ALIEN : Kind.LOST,
        "%s had %s after a crash, and without any change has %s after the next one"
            .formatted(Line.place(map, key), Version.text(before), Version.text(now)));
  }
}
