// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several maps in one of a store that knows no transactions over several: a key begins with the
 * name of its map and a zero byte.
 */
final class MapKeys {
  private static final byte NAME_END = 0;
  private static final byte AFTER_NAME_END = 1;

  private MapKeys() {}

  /** Finds keys in an ordered map. */
  interface Ceiling {
    /** The first key at or after another one; null if there is none. */
    byte @Nullable [] of(byte[] key);
  }

  /** A key as it is stored. */
  static byte[] stored(String map, byte[] key) {
    byte[] prefix = prefix(map);
    byte[] stored = Arrays.copyOf(prefix, prefix.length + key.length);
    System.arraycopy(key, 0, stored, prefix.length, key.length);
    return stored;
  }

  /** What the stored keys of a map begin with, and no others. */
  static byte[] prefix(String map) {
    return named(map, NAME_END);
  }

  private static byte[] named(String map, byte end) {
    byte[] name = map.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Arrays.copyOf(name, name.length + 1);
    bytes[name.length] = end;
    return bytes;
  }

  /** Whether a stored key is of the map of a prefix. */
  static boolean isOf(byte[] stored, byte[] prefix) {
    return stored.length >= prefix.length
        && Arrays.equals(stored, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** The key of a stored key of the map of a prefix. */
  static byte[] key(byte[] stored, byte[] prefix) {
    return Arrays.copyOfRange(stored, prefix.length, stored.length);
  }

  /** The name of the map of a stored key. */
  static String map(byte[] stored) {
    int length = 0;
    while (stored[length] != NAME_END) {
      length++;
    }
    return new String(stored, 0, length, StandardCharsets.UTF_8);
  }

  /** The names of the maps in an ordered map. */
  static List<String> maps(Ceiling ceiling) {
    List<String> maps = new ArrayList<>();
    // No name is empty, and none begins with a zero byte.
    byte[] stored = ceiling.of(new byte[] {AFTER_NAME_END});
    while (stored != null) {
      String map = map(stored);
      maps.add(map);
      stored = ceiling.of(named(map, AFTER_NAME_END));
    }
    return maps;
  }
}
