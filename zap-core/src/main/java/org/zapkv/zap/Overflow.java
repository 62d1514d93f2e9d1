// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * The second table of a flooded map: for entries whose hashes are so alike that no useful split
 * could part them.
 *
 * <p>The hash of the format is linear: whoever knows two keys with one hash can make any number of
 * them, for every salt. A leaf that is full of such is marked ({@link LeafLayout#FLAG_OVERFLOW}),
 * and keys of its range that it has no room for go here: into a table of the same kind in other
 * blocks of the same object, where names are hashed with a secret key. A map without such keys has
 * none of this, and pays one look at a flag for a key that is not there.
 *
 * <p>An entry stays in the table it was put into until it is removed, so that a cursor, which walks
 * over one and then over the other, meets it once. Hence one special case: an entry in a full leaf
 * whose value grows. It keeps its place with an empty value, marked {@link LeafLayout#MARK_APART},
 * and the value goes here, under the same name, marked {@link LeafLayout#MARK_VALUE_OF_OTHER}.
 *
 * <p>Calls are made with the lock of the main table's leaf held, those that change something with
 * the map's structure lock held exclusively too. The locks of this table come after those.
 */
final class Overflow {
  /** How many bits of a secret hash are used. */
  static final int HASH_BITS = 28;

  /**
   * How many of them are of a key's normal form, the rest being of the key itself: variants of one
   * key, of which there can be any number, can so be parted, and are near each other nevertheless.
   * Where nothing is normalised both are the same.
   */
  private static final int FORM_BITS = 8;

  /**
   * The first cd that is too large: a cookie has 20 bits for it, and those of the end are taken.
   */
  static final long CD_LIMIT = 0xFFFFE;

  private final FatZap table;
  private final long key0;
  private final long key1;

  private Overflow(FatZap table, long key0, long key1) {
    this.table = table;
    this.key0 = key0;
    this.key1 = key1;
  }

  /**
   * Opens the overflow of a map.
   *
   * @param block where its header is
   */
  static Overflow open(BlockObject object, long block, FatZap main) {
    FatZap table = FatZap.ofOverflow(object, block, main);
    FatHeader header = table.access().holdHeader();
    try {
      main.checkOverflow(header);
      return new Overflow(table, header.hashKey0(), header.hashKey1());
    } finally {
      table.access().release(header);
    }
  }

  /** The blocks of a map's overflow, none while there is none. */
  static BlockNumbers.User blocksOf(FatZap main) {
    return new BlockNumbers.User() {
      @Override
      public long blockCount() {
        Overflow overflow = main.overflow();
        return overflow == null ? 0 : overflow.table.blocks().blockCount();
      }

      @Override
      public void visit(BlockNumbers.RangeVisitor visitor) {
        Overflow overflow = main.overflow();
        if (overflow != null) {
          overflow.table.blocks().visit(visitor);
        }
      }
    };
  }

  /** The table itself, for those who look at its structure. */
  FatZap table() {
    return table;
  }

  /** A name with the hash that it has here. */
  ZapName rehashed(ZapName name) {
    long hash = SipHash.hash(key0, key1, name.hashed());
    if (name.key() != name.hashed()) {
      long ofKey = SipHash.hash(key0, key1, name.key());
      hash ^= (hash ^ ofKey) & (-1L >>> FORM_BITS);
    }
    return name.withHash(ZapHash.mask(hash, HASH_BITS));
  }

  @Nullable ZapValue get(ZapName name) {
    return table.get(rehashed(name));
  }

  boolean contains(ZapName name) {
    return table.contains(rehashed(name));
  }

  /** As {@link #contains}, for any key that a lookup is for. */
  boolean matches(ZapName name) {
    return name.form() == null ? contains(name) : lookup(name) != null;
  }

  /** What the entry of a name is marked with; -1 when there is none. */
  int mark(ZapName name) {
    return table.reader().mark(rehashed(name));
  }

  /** Whether there is another key than a name's own that a lookup is for. */
  boolean hasOther(ZapName name) {
    ZapMatch match = lookup(name);
    return match != null && (match.conflict() || !Arrays.equals(match.key(), name.key()));
  }

  @Nullable ZapMatch lookup(ZapName name) {
    ZapName here = rehashed(name);
    return name.form() == null ? table.lookup(here) : table.reader().lookupNear(here, FORM_BITS);
  }

  @Nullable ZapLength length(ZapName name) {
    return table.length(rehashed(name));
  }

  void prefetch(ZapName name) {
    table.prefetch(rehashed(name));
  }

  /** How many entries of the map are here: those that are not only values of others. */
  long count() {
    return table.countHere();
  }

  boolean isEmpty() {
    return table.isEmptyHere();
  }

  /** The value of an entry of the main table that is marked as apart. */
  ZapValue valueOf(ZapName name, LeafBlock leaf, int entry) {
    ZapValue value = get(name);
    if (value == null) {
      throw missing(leaf, entry);
    }
    return value;
  }

  static CorruptException missing(LeafBlock leaf, int entry) {
    return leaf.corrupt(
        leaf.chunkOffset(entry) + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET,
        "the value of this entry should be in the overflow, but is not");
  }

  /** Writes an entry. */
  Write.Outcome write(Write write, Transaction tx) {
    return write(write, write.inOverflow(rehashed(write.name())), tx);
  }

  /**
   * Writes the value of an entry of the main table.
   *
   * @param isThere whether its value was here before
   */
  Write.Outcome writeApart(Write write, boolean isThere, Transaction tx) {
    return write(write, write.apart(rehashed(write.name()), isThere), tx);
  }

  private Write.Outcome write(Write write, Write here, Transaction tx) {
    Write.Outcome outcome = table.write(here, tx);
    ZapValue previous = here.previous();
    if (previous != null) {
      write.setPrevious(previous);
    }
    return outcome;
  }

  /**
   * Removes the entry that a lookup is for.
   *
   * @param names how keys become names in the main table
   */
  @Nullable ZapMatch remove(
      ZapName name, ZapNames names, @Nullable ZapValue expected, Transaction tx) {
    if (name.form() == null) {
      return table.remove(rehashed(name), expected, tx);
    }
    ZapMatch match = lookup(name);
    if (match == null || remove(names.exact(match.key()), names, expected, tx) == null) {
      return null;
    }
    return match;
  }
}
