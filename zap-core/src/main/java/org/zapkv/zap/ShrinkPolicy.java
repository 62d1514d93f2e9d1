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
   * Space follows content: sibling leaves that fit one leaf with room to spare become one, a
   * pointer table that is far too large is given back, numbers of freed blocks are used again.
   */
  MERGE
}
