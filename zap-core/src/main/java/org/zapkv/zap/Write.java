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
    /** Nothing is changed: the entry is not what the write expects. */
    CHANGED,
    /** Nothing is changed: no leaf, even an empty one, has room for the entry. */
    TOO_LARGE,
    /** Nothing is changed: there has to be a split, or a conversion, first. */
    NO_ROOM
  }

  private final ZapName name;
  private final ZapValue value;
  private final boolean replacing;
  private final long cd;
  private final int mark;
  private final @Nullable ZapValue expected;
  private @Nullable ZapValue previous;

  /**
   * A write.
   *
   * @param replacing whether an entry that is there gets the new value
   * @param cd the cd that a new entry gets, or {@link #ANY_CD}
   */
  Write(ZapName name, ZapValue value, boolean replacing, long cd) {
    this(name, value, replacing, cd, 0, null);
  }

  private Write(
      ZapName name,
      ZapValue value,
      boolean replacing,
      long cd,
      int mark,
      @Nullable ZapValue expected) {
    this.name = name;
    this.value = value;
    this.replacing = replacing;
    this.cd = cd;
    this.mark = mark;
    this.expected = expected;
  }

  /** A write that only replaces a certain value. */
  static Write replacing(ZapName name, ZapValue expected, ZapValue value) {
    return new Write(name, value, true, ANY_CD, 0, expected);
  }

  /** The same write to the overflow, under the name that the key has there. */
  Write inOverflow(ZapName otherName) {
    return new Write(otherName, value, replacing, ANY_CD, 0, expected);
  }

  /** The write of the value alone to the overflow. */
  Write apart(ZapName otherName, boolean isThere) {
    return new Write(
        otherName, value, true, ANY_CD, LeafLayout.MARK_VALUE_OF_OTHER, isThere ? expected : null);
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

  /** Whether there must be a certain value; it is compared with {@link #isExpected}. */
  boolean isExpecting() {
    return expected != null;
  }

  /** Whether the value that is there, null for none, is the one that must be. */
  boolean isExpected(@Nullable ZapValue present) {
    return expected == null || expected.equals(present);
  }

  long cd() {
    return cd;
  }

  /** What the value is marked with: 0, or what it is in the overflow for. */
  int mark() {
    return mark;
  }

  @Nullable ZapValue previous() {
    return previous;
  }

  void setPrevious(ZapValue value) {
    previous = value;
  }
}
