// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * The split of a leaf in two by one more bit of the hash. Both leaves are locked for writing and
 * dirty; nothing here can fail.
 */
final class LeafSplit {
  private final Leaf lower;
  private final LeafBlock from;
  private final EntryCopy copy;

  private LeafSplit(Leaf lower, Leaf upper) {
    this.lower = lower;
    this.from = lower.block();
    this.copy = new EntryCopy(lower, upper);
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
    copy.copy(entry);
    from.freeArray(from.valueChunk(entry), from.valueBytes(entry));
    from.freeArray(from.nameChunk(entry), lower.nameBytes(entry));
    from.freeChunk(entry);
    from.addEntries(-1);
  }
}
