// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * The merge of two sibling leaves into the lower one. Both are locked for writing and dirty, and
 * the lower has room for all; nothing here can fail.
 */
final class LeafMerge {
  private LeafMerge() {}

  /**
   * Merges two leaves: the lower covers the hashes of both then, the upper is no leaf any more. All
   * entries keep their cds.
   *
   * @param lower the leaf whose prefix ends with 0
   * @param upper the leaf whose prefix ends with 1
   */
  static void merge(Leaf lower, Leaf upper) {
    LeafBlock block = lower.block();
    block.setPrefix(lower.prefix() >>> 1, lower.prefixLength() - 1);
    // The prefix decides which bits of a hash choose the bucket.
    block.clearBuckets();
    for (int chunk = 0; chunk < lower.chunkCount(); chunk++) {
      if (block.chunkType(chunk) == LeafLayout.TYPE_ENTRY) {
        lower.link(chunk);
      }
    }
    for (int chunk = 0; chunk < upper.chunkCount(); chunk++) {
      if (upper.block().chunkType(chunk) == LeafLayout.TYPE_ENTRY) {
        lower.link(block.copyEntry(upper.block(), chunk, upper.nameBytes(chunk)));
      }
    }
    block.addFlags(upper.block().flags());
    // Whoever waits for the upper leaf's lock sees that there is no leaf any more.
    upper.erase();
    lower.allowMerge();
  }
}
