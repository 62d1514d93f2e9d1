// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;

/** Brings the leaf object for a block that is about to become a new leaf. */
interface LeafCreator {

  /**
   * Attaches a leaf object to a buffer, or takes the one that is attached.
   *
   * @param buffer the block, held
   * @param header the map's header
   * @return the leaf object, locked for writing
   */
  Leaf create(Buffer buffer, FatHeader header);

  /** How often a leaf object that was there before was taken over. */
  long reuses();

  /**
   * Attaches a leaf object to a buffer, unless there is one.
   *
   * @return the leaf object that is attached
   */
  static Leaf attach(Buffer buffer, FatHeader header) {
    Leaf leaf = attachIfLeaf(buffer, header);
    if (leaf == null) {
      throw header.corrupt(buffer.blockId(), 0, "a pointer leads to a block that is no leaf");
    }
    return leaf;
  }

  /**
   * As {@link #attach}, for those whose pointer may be an old one.
   *
   * @return null if what is attached is no leaf object: the block has become something else
   */
  static @Nullable Leaf attachIfLeaf(Buffer buffer, FatHeader header) {
    BufferUser user = buffer.user();
    if (user == null) {
      Leaf fresh = newLeaf(buffer, header);
      user = buffer.setUser(fresh);
      if (user == null) {
        user = fresh;
        UserMemory.count(buffer, Leaf.HEAP_BYTES);
      }
    }
    if (!(user instanceof Leaf leaf)) {
      return null;
    }
    if (leaf.names() == null && !header.isOverflow()) {
      leaf.setNames(header.names());
    }
    return leaf;
  }

  static Leaf newLeaf(Buffer buffer, FatHeader header) {
    return new Leaf(
        buffer, header.leafLayout(), header.mainHashBits(), ZapName.isUint64(header.flags()));
  }
}
