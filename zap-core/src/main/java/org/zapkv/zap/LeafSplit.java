// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

/**
 * The split of a leaf in two by one more bit of the hash. Both leaves are locked for writing and
 * dirty; nothing here can fail.
 */
final class LeafSplit {
  private final Leaf lower;
  private final Leaf upper;
  private final LeafBlock from;
  private final LeafBlock to;

  private LeafSplit(Leaf lower, Leaf upper) {
    this.lower = lower;
    this.upper = upper;
    this.from = lower.block();
    this.to = upper.block();
  }

  /**
   * Splits a leaf: it keeps the lower half of its prefix, the other becomes the upper half.
   *
   * @param leaf the leaf that is split
   * @param upper the new one; what it held before is lost
   * @param sorted whether the map's leaves keep their chains sorted by cd
   */
  static void split(Leaf leaf, Leaf upper, boolean sorted) {
    int length = leaf.prefixLength() + 1;
    long prefix = leaf.prefix() << 1;
    leaf.block().setPrefix(prefix, length);
    upper.initialise(prefix | 1, length, sorted);
    new LeafSplit(leaf, upper).distribute(length);
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
    int moved = to.allocateChunk();
    to.copyChunk(moved, from, entry);
    upper.link(moved);
    int nameChunk = from.nameChunk(entry);
    int valueChunk = from.valueChunk(entry);
    int nameBytes = lower.nameBytes(entry);
    int valueBytes = from.valueBytes(entry);
    to.setNameChunk(moved, copyArray(nameChunk, nameBytes));
    to.setValueChunk(moved, copyArray(valueChunk, valueBytes));
    to.addEntries(1);
    from.freeArray(valueChunk, valueBytes);
    from.freeArray(nameChunk, nameBytes);
    from.freeChunk(entry);
    from.addEntries(-1);
  }

  private int copyArray(int head, int bytes) {
    int first = CHAIN_END;
    int last = CHAIN_END;
    int chunk = head;
    for (int left = LeafLayout.arrayChunks(bytes); left > 0; left--) {
      int copy = to.allocateChunk();
      to.copyChunk(copy, from, chunk);
      chunk = from.link(chunk);
      if (last == CHAIN_END) {
        first = copy;
      } else {
        to.setLink(last, copy);
      }
      last = copy;
    }
    if (last != CHAIN_END) {
      to.setLink(last, CHAIN_END);
    }
    return first;
  }
}
