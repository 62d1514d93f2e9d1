// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

import org.jspecify.annotations.Nullable;

/**
 * The buckets of a leaf once more, on the heap and without the empty ones: most keys that are not
 * there are known by it without a look at the leaf, and for those that are, it has the entry. It
 * never changes, and says nothing of a leaf that has changed since ({@link LeafBlock}).
 *
 * <p>An array, so that a search touches one object:
 *
 * <pre>
 * for each 16 buckets:   u16 which of them have an entry, lowest bit first
 *                        u16 where in this array their entries begin
 * for each with entries: u16 the chunk id of the first, in as many bits as the ids of the leaf take;
 *                            above these the tag of its hash, if it is the only one, else 0
 * </pre>
 *
 * <p>The tag of a hash are its bits below those of the bucket. A tag of 0 can be of any hash.
 */
final class LeafIndex {
  static final char[] NONE = {};

  private static final int GROUP_SHIFT = 4;
  private static final int GROUP_MASK = (1 << GROUP_SHIFT) - 1;
  private static final int HEAD_BYTES = 16;
  private static final int OBJECT_UNIT = 8;

  private LeafIndex() {}

  /** What an index takes of the heap: 64-bit JVM, compressed references. */
  static int heapBytes(int length) {
    return (HEAD_BYTES + length * Character.BYTES + OBJECT_UNIT - 1) & -OBJECT_UNIT;
  }

  /** How long the index of a leaf is at most. */
  static int maxLength(LeafLayout layout, int entries) {
    return (layout.bucketCount() >>> GROUP_SHIFT) * 2 + Math.min(entries, layout.bucketCount());
  }

  /**
   * The index of a leaf, which is locked.
   *
   * @param maxLength how long it may be
   * @return null if it would be longer, or the leaf is damaged
   */
  static char @Nullable [] of(LeafBlock leaf, int maxLength) {
    LeafLayout layout = leaf.layout();
    int bucketCount = layout.bucketCount();
    char[] index = new char[maxLength];
    int length = (bucketCount >>> GROUP_SHIFT) * 2;
    for (int bucket = 0; bucket < bucketCount; bucket++) {
      int group = bucket >>> GROUP_SHIFT << 1;
      if ((bucket & GROUP_MASK) == 0) {
        index[group + 1] = (char) length;
      }
      int head = leaf.bucketHead(bucket);
      if (head != CHAIN_END) {
        if (head >= layout.chunkCount() || length == maxLength) {
          return null;
        }
        index[group] |= (char) (1 << (bucket & GROUP_MASK));
        boolean alone = leaf.next(head) == CHAIN_END;
        int tag = alone ? tag(leaf.hash(head), leaf.way(), layout) : 0;
        index[length++] = (char) (head | tag << layout.chunkIdBits());
      }
    }
    return index;
  }

  /**
   * The first entry of a bucket, or CHAIN_END if there is none that has a hash.
   *
   * @param way of the leaf, see {@link LeafBlock#way}
   */
  static int find(char[] index, long hash, long way, LeafLayout layout) {
    // A shift takes the low six bits only.
    int bucket = (int) (hash >>> way) & layout.bucketMask();
    int group = bucket >>> GROUP_SHIFT << 1;
    int bit = 1 << (bucket & GROUP_MASK);
    int present = index[group];
    if ((present & bit) == 0) {
      return CHAIN_END;
    }
    int found = index[index[group + 1] + Integer.bitCount(present & (bit - 1))];
    int tag = found >>> layout.chunkIdBits();
    return tag != 0 && tag != tag(hash, way, layout) ? CHAIN_END : found & layout.chunkIdMask();
  }

  private static int tag(long hash, long way, LeafLayout layout) {
    // In two steps: there may be no bits for a tag.
    return (int) (hash << -way >>> 1 >>> (Long.SIZE - 1 - Character.SIZE + layout.chunkIdBits()));
  }
}
