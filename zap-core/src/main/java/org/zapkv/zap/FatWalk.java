// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.error.CorruptException;

/** A cursor's way over a fat map: its main table, then its overflow. */
final class FatWalk {
  private final FatZap fat;
  private final LeafAccess access;
  private final FatReader reader;

  FatWalk(FatZap fat, LeafAccess access, FatReader reader) {
    this.fat = fat;
    this.access = access;
    this.reader = reader;
  }

  /**
   * Moves a cursor to the first entry at or after its position: first those of the main table, then
   * those of the overflow.
   *
   * @return whether there is one
   */
  boolean next(ZapCursor cursor) {
    FatHeader header = access.holdHeader();
    try {
      // Whether a key has variants is asked for each: the overflow's own header does not know.
      boolean many = header.normflags() == 0;
      if (!cursor.isInOverflow()) {
        if (nextHere(header, cursor, many)) {
          return true;
        }
        if (cursor.isPart()) {
          return false;
        }
        leave(cursor);
        cursor.moveToOverflow();
      }
      Overflow further = fat.overflow(header);
      if (further == null || !further.table().walk().nextHere(cursor, many)) {
        return false;
      }
      if (!many) {
        ZapName name = storedName(header, cursor.key());
        cursor.setConflict(hasVariant(header, name) || further.hasOther(name));
      }
      return true;
    } finally {
      access.release(header);
    }
  }

  private boolean hasVariant(FatHeader header, ZapName name) {
    Leaf leaf = access.lockShared(header, name.hash());
    try {
      return leaf.match(name) != Leaf.NONE;
    } finally {
      access.unlockShared(leaf);
    }
  }

  /** The name of a key that a cursor found, for its variants. */
  private static ZapName storedName(FatHeader header, byte[] key) {
    return header
        .names()
        .stored(
            key,
            MatchType.NORMALIZED,
            header.buffer().objectId(),
            CorruptException.NONE,
            CorruptException.NONE);
  }

  private boolean nextHere(ZapCursor cursor, boolean many) {
    FatHeader header = access.holdHeader();
    try {
      return nextHere(header, cursor, many);
    } finally {
      access.release(header);
    }
  }

  private boolean nextHere(FatHeader header, ZapCursor cursor, boolean many) {
    while (!cursor.isBeyond(cursor.positionHash())) {
      if (many && takeUnheld(header, cursor)) {
        long from = cursor.positionHash();
        if (cursor.tryNext()) {
          return true;
        }
        if (cursor.positionHash() != from) {
          continue;
        }
        if (!cursor.takesSingly()) {
          return false;
        }
      }
      access.readAhead(header, cursor.readAhead(), cursor.positionHash());
      Leaf leaf = standOn(header, cursor);
      try {
        if (many && cursor.takesMany(leaf.buffer())) {
          cursor.batch().fill(leaf, cursor.positionHash());
          if (cursor.tryNext()) {
            return true;
          }
          if (!leaf.coversHash(cursor.positionHash())) {
            continue;
          }
        }
        int entry = leaf.closest(cursor.positionHash(), cursor.positionCd());
        while (entry != Leaf.NONE && leaf.isValueOfOther(entry)) {
          LeafBlock block = leaf.block();
          entry = leaf.closest(block.hash(entry), block.cd(entry) + 1);
        }
        if (entry != Leaf.NONE) {
          return !cursor.isBeyond(leaf.block().hash(entry)) && found(header, leaf, entry, cursor);
        }
        if (leaf.isLast()) {
          return false;
        }
        cursor.moveToLeaf(leaf.hashAfter());
      } finally {
        leaf.unlockShared();
      }
      release(cursor);
    }
    return false;
  }

  /**
   * Takes the entries of the leaf of a cursor's position without a lock, as {@link UnheldReader}
   * reads.
   *
   * @return false: look under the lock
   */
  private boolean takeUnheld(FatHeader header, ZapCursor cursor) {
    LeafBlock leaf = access.mirrored(cursor.positionHash());
    if (leaf == null || !cursor.takesMany(leaf.buffer())) {
      return false;
    }
    // Of the leaf after this one the places are found while this one is read.
    LeafTouch.touch(access.mirrored(leaf.hashAfter()));
    boolean uint64 = ZapName.isUint64(header.flags());
    if (!cursor.batch().fillUnheld(leaf, cursor.positionHash(), uint64)) {
      return false;
    }
    // Not before: under the lock the cursor goes on from the leaf that it stands on.
    release(cursor);
    return true;
  }

  /** Returns true. */
  private boolean found(FatHeader header, Leaf leaf, int entry, ZapCursor cursor) {
    LeafBlock block = leaf.block();
    byte[] key = leaf.key(entry);
    ZapValue value =
        leaf.isApart(entry)
            ? reader.value(header, leaf, entry, leaf.name(entry, header.names(), MatchType.EXACT))
            : leaf.value(entry);
    boolean conflict = header.normflags() != 0 && hasConflict(header, leaf, entry);
    cursor.found(key, value, block.hash(entry), block.cd(entry), conflict);
    return true;
  }

  private boolean hasConflict(FatHeader header, Leaf leaf, int entry) {
    if (!leaf.sharesHash(entry) && !leaf.hasOverflow()) {
      return false;
    }
    ZapName name = leaf.name(entry, header.names(), MatchType.NORMALIZED);
    NormalForm form = name.form();
    return form != null
        && (leaf.hasVariant(entry, form) || reader.isInOverflow(header, leaf, name));
  }

  /** The leaf of a cursor's position, locked for reading; the cursor holds it. */
  private Leaf standOn(FatHeader header, ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      // It may have been split, merged away, or become another leaf since.
      if (leaf.lockShared(cursor.positionHash(), header.isOverflow())) {
        return leaf;
      }
      release(cursor);
    }
    Leaf found = access.lockShared(header, cursor.positionHash());
    cursor.setLeaf(found);
    return found;
  }

  /** Lets go the leaf that a cursor stands on, in whichever table. */
  void leave(ZapCursor cursor) {
    Overflow further = fat.knownOverflow();
    if (cursor.isInOverflow() && further != null) {
      further.table().walk().release(cursor);
    } else {
      release(cursor);
    }
  }

  private void release(ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      cursor.setLeaf(null);
      access.release(leaf);
    }
  }
}
