// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

/**
 * One thing that a check found wrong.
 *
 * @param kind what kind of problem it is
 * @param objectId the object concerned, -1 when none is
 * @param blockId the block of the object, -1 when none is concerned
 * @param text what is wrong and where, for a person
 */
public record CheckProblem(Kind kind, long objectId, long blockId, String text) {

  /** What kinds of problem there are. */
  public enum Kind {
    /** A stored block, dnode or pointer cannot be read or does not match its checksum. */
    DAMAGED,

    /** Space is marked as used, and nothing reaches it. */
    LEAKED,

    /** Two blocks lie on the same space. */
    DOUBLY_USED,

    /** A block lies on space that is marked as free. */
    UNALLOCATED,

    /** A count that is stored differs from what was counted. */
    MISCOUNTED
  }

  @Override
  public String toString() {
    return kind + ": " + text;
  }
}
