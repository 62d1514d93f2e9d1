// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.HashSet;
import java.util.Set;

/**
 * The indirect blocks above changed blocks of one object: they are written with the group, and so
 * need room on the device, as the changed blocks do. Not thread-safe.
 */
final class BlocksAbove {
  private final Set<Long> above = new HashSet<>();
  private final int levels;

  /**
   * None so far.
   *
   * @param levels the height of the tree before the group; it may be growing
   */
  BlocksAbove(int levels) {
    this.levels = levels;
  }

  /**
   * A block has changed.
   *
   * @return the bytes of the blocks above it that had not to be written so far
   */
  long add(long blockId) {
    long bytes = 0;
    long index = blockId;
    for (int level = 1; index > 0 || level < levels; level++) {
      index = TreeShape.parentIndex(index);
      if (!above.add(TreeShape.cacheId(level, index))) {
        return bytes;
      }
      bytes += ObjectType.COPIES_ABOVE * TreeShape.INDIRECT_BYTES;
    }
    return bytes;
  }
}
