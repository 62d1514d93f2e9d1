// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;

/**
 * What was seen of a name's leaf without a lock, before it is locked. So the accesses to memory
 * that a change has to wait for are under way at the same time, rather than one after the other;
 * and what is still true under the lock need not be looked for again.
 */
final class LeafSight {
  /*
   * Implementation notes.
   *
   * A leaf is in many places of memory, each of which is a miss: the objects that it is locked and
   * held by, the page with its header and buckets, the page with the entry. The processor waits for
   * several of them at once as long as nothing atomic comes in between. So all of them are read
   * here, before the first lock of the leaf.
   *
   * It is what UnheldReader does, and as true: if the stamp is good once the leaf is locked for
   * writing, no byte of it has changed since, nor will another thread change one. Then the leaf
   * covers the hash, and the entry is the one that was found. Else all is looked at again.
   */

  private final Leaf leaf;
  private final long stamp;
  private final int entry;

  private LeafSight(Leaf leaf, long stamp, int entry) {
    this.leaf = leaf;
    this.stamp = stamp;
    this.entry = entry;
  }

  /** Looks for a name; null if that cannot be done, or would be of no use. */
  static @Nullable LeafSight of(LeafMirror mirror, ZapName name) {
    byte[] key = name.key();
    long hash = name.hash();
    LeafMirror.Part part = mirror.part(hash);
    LeafBlock block = part == null ? null : part.leaf(hash);
    if (part == null || block == null || name.integerCount() != key.length + 1) {
      return null;
    }
    long stamp = block.readStamp(hash);
    if (stamp == 0 || !(block.buffer().user() instanceof Leaf leaf) || leaf.isLockedForWriting()) {
      return null;
    }
    try {
      int entry = block.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      return leaf.block() == block ? new LeafSight(leaf, stamp, entry) : null;
    } finally {
      // The memory stays mapped for as long as somebody has the buffer.
      Reference.reachabilityFence(block);
    }
  }

  /**
   * Holds the leaf and locks it for writing, if it still is the leaf of the hash.
   *
   * @param tag who holds it
   */
  @Nullable Leaf tryLock(long hash, Object tag) {
    Buffer buffer = leaf.buffer();
    if (!buffer.tryHold(tag)) {
      return null;
    }
    boolean locked = false;
    try {
      locked = buffer.user() == leaf && leaf.isPlaced() && leaf.lockSeen(hash, stamp);
      return locked ? leaf : null;
    } finally {
      if (!locked) {
        buffer.release(tag);
      }
    }
  }

  /**
   * The entry of a name in its leaf, or {@link Leaf#NONE}.
   *
   * @param seen what was seen of that name; null if nothing
   * @param locked the leaf, locked for writing and not changed since
   */
  static int find(@Nullable LeafSight seen, Leaf locked, ZapName name) {
    boolean isTrue =
        seen != null
            && seen.entry != UnheldReader.UNKNOWN
            && seen.leaf == locked
            && locked.block().isValid(seen.stamp);
    if (!isTrue) {
      return locked.find(name);
    }
    return seen.entry == UnheldReader.ABSENT ? Leaf.NONE : seen.entry;
  }
}
