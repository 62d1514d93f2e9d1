// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;

/**
 * A change as the harness writes it down.
 *
 * @param map the name of the map
 * @param key the key as text of ASCII without spaces; it begins with its line, see {@link #lineOf}
 * @param value the new value; null: the key is removed
 */
public record Edit(String map, String key, @Nullable Value value) {
  /** What ends the name of a line in a key. */
  public static final char LINE_END = '.';

  /**
   * The change itself.
   *
   * @return what a store is given
   */
  public Change change() {
    return new Change(
        map, key.getBytes(StandardCharsets.UTF_8), value == null ? null : value.bytes());
  }

  /**
   * The line that a key belongs to: the keys of line {@code t3} are changed by thread 3 alone.
   *
   * @param key a key
   * @return what is before its first {@value #LINE_END}
   */
  public static String lineOf(String key) {
    return key.substring(0, Math.max(0, key.indexOf(LINE_END)));
  }
}
