// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Value;

/** What a commit made of a key: a value, or that it has none. */
final class Version {
  /** The number of the commit before all others: what was there when the store was opened. */
  static final int BASE = -1;

  static final int NEVER = Integer.MAX_VALUE;

  final String map;
  final String key;

  /** Null: the key was removed. */
  final @Nullable Value value;

  /** What it is one of. */
  final KeyState state;

  /** The number of the commit in its line. */
  final int commit;

  /**
   * The number of the commit that is known to have replaced it. Written by the thread of the line,
   * read by all.
   */
  private volatile int replacedBy = NEVER;

  Version(KeyState state, String map, String key, @Nullable Value value, int commit) {
    this.state = state;
    this.map = map;
    this.key = key;
    this.value = value;
    this.commit = commit;
  }

  void replaceBy(int laterCommit) {
    replacedBy = laterCommit;
  }

  /** Whether it could still be seen when so many commits of the line were over. */
  boolean isVisibleAfter(int commits) {
    return replacedBy >= commits;
  }

  boolean isPut() {
    return value != null;
  }

  static String text(@Nullable Value value) {
    return value == null
        ? "nothing"
        : "value " + value.tag() + " of " + value.lengthBytes() + " bytes";
  }

  @Override
  public String toString() {
    return text(value)
        + (commit == BASE ? ", there from the beginning" : ", of commit " + (commit + 1));
  }
}
