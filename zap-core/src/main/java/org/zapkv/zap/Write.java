// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;

/** One write on its way through the map: what is to be written, and what was there before. */
final class Write {
  /** No cd is wanted: the lowest unused one is taken. */
  static final long ANY_CD = -1;

  /** What a micro map or a leaf says to a write. */
  enum Outcome {
    /** The entry is written. */
    DONE,
    /** Nothing is changed: the key is there and is not to be replaced. */
    EXISTS,
    /** Nothing is changed: no leaf, even an empty one, has room for the entry. */
    TOO_LARGE,
    /** Nothing is changed: there has to be a split, or a conversion, first. */
    NO_ROOM
  }

  private final ZapName name;
  private final ZapValue value;
  private final boolean replacing;
  private final long cd;
  private @Nullable ZapValue previous;

  /**
   * A write.
   *
   * @param replacing whether an entry that is there gets the new value
   * @param cd the cd that a new entry gets, or {@link #ANY_CD}
   */
  Write(ZapName name, ZapValue value, boolean replacing, long cd) {
    this.name = name;
    this.value = value;
    this.replacing = replacing;
    this.cd = cd;
  }

  ZapName name() {
    return name;
  }

  ZapValue value() {
    return value;
  }

  boolean isReplacing() {
    return replacing;
  }

  long cd() {
    return cd;
  }

  @Nullable ZapValue previous() {
    return previous;
  }

  void setPrevious(ZapValue value) {
    previous = value;
  }
}
