// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * The split of a leaf in two by one more bit of the hash. Both leaves are locked for writing and
 * dirty; nothing here can fail.
 */
final class LeafSplit {
  private final Leaf lower;
  private final Leaf upper;
  private final LeafBlock from;

  private LeafSplit(Leaf lower, Leaf upper) {
    this.lower = lower;
    this.upper = upper;
    this.from = lower.block();
  }

  /**
   * Splits a leaf: it keeps the lower half of its prefix, the other becomes the upper half.
   *
   * @param leaf the leaf that is split
   * @param upper the new one; what it held before is lost
   */
  static void split(Leaf leaf, Leaf upper) {
    int length = leaf.prefixLength() + 1;
    long prefix = leaf.prefix() << 1;
    leaf.block().setPrefix(prefix, length);
    upper.initialise(prefix | 1, length, leaf.block().flags());
    new LeafSplit(leaf, upper).distribute(length);
    leaf.allowMerge();
  }

  private void distribute(int length) {
    from.clearBuckets();
    for (int chunk = 0; chunk < lower.chunkCount(); chunk++) {
      if (from.chunkType(chunk) != LeafLayout.TYPE_ENTRY) {
        continue;
      }
      if ((from.hash(chunk) >>> (Long.SIZE - length) & 1) != 0) {
        move(chunk);
      } else {
        lower.link(chunk);
      }
    }
  }

  private void move(int entry) {
    int nameBytes = lower.nameBytes(entry);
    upper.link(upper.block().copyEntry(from, entry, nameBytes));
    from.freeEntry(entry, nameBytes);
  }
}
