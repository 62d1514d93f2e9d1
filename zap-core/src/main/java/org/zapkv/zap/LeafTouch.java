// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads ahead for the processor: of leaves that are about to be changed one after the other, the
 * places where that will begin.
 *
 * <p>A change waits for memory several times in a row, as each place says where the next one is.
 * Here the first places of all leaves are read one after the other, which does not depend on each
 * other, so that the processor waits for many at a time; then the second, and so on. No lock is
 * taken; what is read may be anything, is range-checked, and used for nothing else.
 */
final class LeafTouch {
  private static final int NO_SUM = 0x6F3A_91C5;

  private final @Nullable LeafBlock[] leaves;
  private final int[] heads;

  LeafTouch(int most) {
    this.leaves = new LeafBlock[most];
    this.heads = new int[most];
  }

  /** Touches the leaves of some names. */
  void touch(LeafAccess access, ZapName[] names, int count) {
    LeafBlock before = null;
    for (int i = 0; i < count; i++) {
      LeafBlock leaf = access.mirrored(names[i].hash());
      leaves[i] = leaf == before ? null : leaf;
      before = leaf;
    }
    int sum = 0;
    for (int i = 0; i < count; i++) {
      LeafBlock leaf = leaves[i];
      sum += leaf == null ? 0 : leaf.touchOwner();
    }
    for (int i = 0; i < count; i++) {
      LeafBlock leaf = leaves[i];
      heads[i] = leaf == null ? LeafBlock.NO_CHUNKS : leaf.touchHeader(names[i].hash());
    }
    for (int i = 0; i < count; i++) {
      LeafBlock leaf = leaves[i];
      sum += leaf == null ? 0 : leaf.touchChunks(heads[i]);
    }
    Arrays.fill(leaves, 0, count, null);
    use(sum);
  }

  /** Touches a leaf that is about to be read whole; null: nothing. */
  static void touch(@Nullable LeafBlock leaf) {
    use(leaf == null ? 0 : leaf.touchAll());
  }

  /** So that the reads have a use, and are not left out when this is compiled. */
  private static void use(int sum) {
    if (sum == NO_SUM) {
      Thread.onSpinWait();
    }
  }
}
