// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

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
    BufferUser user = buffer.user();
    if (user == null) {
      Leaf fresh = newLeaf(buffer, header);
      user = buffer.setUser(fresh);
      if (user == null) {
        user = fresh;
      }
    }
    return asLeaf(buffer, header, user);
  }

  private static Leaf asLeaf(Buffer buffer, FatHeader header, BufferUser user) {
    if (user instanceof Leaf leaf) {
      if (leaf.names() == null && !header.isOverflow()) {
        leaf.setNames(header.names());
      }
      return leaf;
    }
    throw header.corrupt(buffer.blockId(), 0, "a pointer leads to a block that is no leaf");
  }

  static Leaf newLeaf(Buffer buffer, FatHeader header) {
    return new Leaf(
        buffer, header.leafLayout(), header.mainHashBits(), ZapName.isUint64(header.flags()));
  }
}
