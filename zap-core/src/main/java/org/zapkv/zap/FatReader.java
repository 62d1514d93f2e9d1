// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is read from a fat map, under the shared lock of one leaf. */
final class FatReader {
  private final FatZap fat;
  private final LeafAccess access;

  FatReader(FatZap fat, LeafAccess access) {
    this.fat = fat;
    this.access = access;
  }

  @Nullable ZapValue get(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        if (entry != Leaf.NONE) {
          return value(header, leaf, entry, name);
        }
        Overflow further = leaf.hasOverflow() ? fat.overflow(header) : null;
        return further == null ? null : further.get(name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  boolean contains(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        return leaf.find(name) != Leaf.NONE || isInOverflow(header, leaf, name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  boolean isInOverflow(FatHeader header, Leaf leaf, ZapName name) {
    Overflow further = leaf.hasOverflow() ? fat.overflow(header) : null;
    return further != null && further.matches(name);
  }

  @Nullable ZapMatch lookup(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.match(name);
        if (entry != Leaf.NONE) {
          return match(header, leaf, entry, name);
        }
        Overflow further = leaf.hasOverflow() ? fat.overflow(header) : null;
        return further == null ? null : further.lookup(name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  /** What the entry of a name is marked with; -1 when there is none. */
  int mark(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        return entry == Leaf.NONE ? -1 : leaf.block().mark(entry);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  /**
   * The first entry that a lookup for variants is for, among all those whose hash begins with the
   * same bits as that of the name.
   */
  @Nullable ZapMatch lookupNear(ZapName name, int bits) {
    NormalForm form = Objects.requireNonNull(name.form());
    ZapMatch match = null;
    long hash = ZapHash.mask(name.hash(), bits);
    FatHeader header = access.holdHeader();
    try {
      for (boolean last = false; !last && isNear(hash, name, bits); ) {
        Leaf leaf = access.lockShared(header, hash);
        try {
          int entry = leaf.closest(hash, 0);
          while (entry != Leaf.NONE && isNear(leaf.block().hash(entry), name, bits)) {
            byte[] key = leaf.key(entry);
            if (!leaf.isValueOfOther(entry) && form.isFormOf(key)) {
              if (match != null) {
                return new ZapMatch(match.key(), match.value(), true);
              }
              match = new ZapMatch(key, leaf.value(entry), false);
            }
            entry = leaf.closest(leaf.block().hash(entry), leaf.block().cd(entry) + 1);
          }
          last = leaf.isLast();
          hash = last ? hash : leaf.hashAfter();
        } finally {
          access.unlockShared(leaf);
        }
      }
      return match;
    } finally {
      access.release(header);
    }
  }

  private static boolean isNear(long hash, ZapName name, int bits) {
    return (hash ^ name.hash()) >>> (Long.SIZE - bits) == 0;
  }

  ZapMatch match(FatHeader header, Leaf leaf, int entry, ZapName name) {
    NormalForm form = name.form();
    if (form == null) {
      return new ZapMatch(name.key(), value(header, leaf, entry, name), false);
    }
    byte[] key = leaf.key(entry);
    ZapName exact = leaf.isApart(entry) ? leaf.name(entry, header.names(), MatchType.EXACT) : name;
    boolean conflict = leaf.hasVariant(entry, form) || isInOverflow(header, leaf, name);
    return new ZapMatch(key, value(header, leaf, entry, exact), conflict);
  }

  /** The value of an entry, wherever it is. */
  ZapValue value(FatHeader header, Leaf leaf, int entry, ZapName name) {
    return leaf.isApart(entry)
        ? existingOverflow(header, leaf, entry).valueOf(name, leaf.block(), entry)
        : leaf.value(entry);
  }

  Overflow existingOverflow(FatHeader header, Leaf leaf, int entry) {
    Overflow present = fat.overflow(header);
    if (present == null) {
      throw Overflow.missing(leaf.block(), entry);
    }
    return present;
  }

  @Nullable ZapLength length(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        if (entry != Leaf.NONE && !leaf.isApart(entry)) {
          return leaf.length(entry);
        }
        Overflow further = leaf.hasOverflow() ? fat.overflow(header) : null;
        return further == null ? null : further.length(name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  void prefetch(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      access.prefetch(header, name.hash());
      // Only the leaf itself would say whether the key can be there.
      Overflow further = fat.overflow(header);
      if (further != null) {
        further.prefetch(name);
      }
    } finally {
      access.release(header);
    }
  }

  void prefetchAll() {
    FatHeader header = access.holdHeader();
    try {
      access.prefetchAll(header);
      Overflow further = fat.overflow(header);
      if (further != null) {
        further.table().prefetchAll();
      }
    } finally {
      access.release(header);
    }
  }
}
