// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * What a fat map does with room that removals leave. It is chosen each time a map is opened; a map
 * written under one can be opened under the other.
 */
public enum ShrinkPolicy {
  /**
   * Exactly what OpenZFS does, byte for byte: only two empty sibling leaves become one, the pointer
   * table never gets smaller, the number of a freed block is used again only once everything behind
   * it is free too.
   */
  FORMAT_FAITHFUL,
  /**
   * Space follows content.
   *
   * <ul>
   *   <li>Two sibling leaves become one when both together use at most half of a leaf: as much
   *       again has to be added before it is split, so an entry that comes and goes does not merge
   *       and split each time. (Entries that fill most of a leaf alone are the exception.) A leaf
   *       is looked at when half of it is left, and then each time when a quarter of that has gone.
   *   <li>A pointer table of 16 pointers and more for each leaf is replaced by a smaller one, or by
   *       the one inside the header, which keeps one bit more than the leaves need. It never grows
   *       beyond 2^17 pointers, or 256 for each leaf if that is more.
   *   <li>The numbers of freed blocks are used again, the lowest first.
   * </ul>
   */
  MERGE
}
