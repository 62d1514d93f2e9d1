// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/** How blocks are stored that are written. What is stored says itself how it was. */
public enum Compression {
  /** As they are in memory. */
  NONE,

  /**
   * The leaves of maps are packed: they take what their entries take, without what can be computed
   * again. All other blocks are stored as they are.
   */
  PACKED,

  /**
   * All blocks are compressed with LZ4, each for itself, leaves after they were packed. What does
   * not get smaller by either is stored without it.
   */
  LZ4
}
