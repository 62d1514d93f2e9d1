// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;

/**
 * Checks what ties a map's two tables together: each entry of the overflow has the hash that it
 * should have there, is in a range that the main table has marked, and is there only; each value
 * kept apart belongs to one entry, and each entry without value has one. The structure lock is
 * held, so that the overflow stands still.
 */
final class OverflowChecker {
  private final FatZap main;
  private final Overflow overflow;
  private final ZapNames names;
  private final ZapProblems sink;
  private long apart;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Found(byte[] key, long hash, int mark, long blockId, long offsetBytes) {}

  OverflowChecker(FatZap main, Overflow overflow, ZapNames names, ZapProblems sink) {
    this.main = main;
    this.overflow = overflow;
    this.names = names;
    this.sink = sink;
  }

  void check() {
    forEach(main, true, this::checkApart);
    forEach(overflow.table(), false, this::check);
    LeafAccess access = overflow.table().access();
    FatHeader header = access.holdHeader();
    try {
      if (header.apartCount() != apart) {
        sink.problem(
            header.buffer().blockId(),
            FatHeaderLayout.APART_COUNT_OFFSET,
            "values kept for the main table=" + header.apartCount() + ", but it needs " + apart);
      }
    } finally {
      access.release(header);
    }
  }

  private void checkApart(Found entry) {
    apart++;
    if (overflow.mark(name(entry)) != LeafLayout.MARK_VALUE_OF_OTHER) {
      problem(entry, "its value should be in the overflow, but is not");
    }
  }

  /**
   * Visits all entries of the overflow, or those of the main table whose values are there; while
   * one is visited no leaf is locked.
   */
  private static void forEach(FatZap table, boolean onlyApart, Consumer<Found> visitor) {
    LeafAccess access = table.access();
    FatHeader header = access.holdHeader();
    try {
      long hash = 0;
      for (boolean last = false; !last; ) {
        List<Found> found = new ArrayList<>();
        Leaf leaf = access.lockUnderStructure(header, hash, false);
        try {
          if (!onlyApart || leaf.hasOverflow()) {
            add(found, leaf, onlyApart);
          }
          last = leaf.isLast();
          hash = last ? hash : leaf.hashAfter();
        } finally {
          access.unlockShared(leaf);
        }
        found.forEach(visitor);
      }
    } finally {
      access.release(header);
    }
  }

  private static void add(List<Found> found, Leaf leaf, boolean onlyApart) {
    LeafBlock block = leaf.block();
    for (int chunk = 0; chunk < leaf.chunkCount(); chunk++) {
      if (block.chunkType(chunk) == LeafLayout.TYPE_ENTRY && (!onlyApart || leaf.isApart(chunk))) {
        found.add(
            new Found(
                leaf.key(chunk),
                block.hash(chunk),
                block.mark(chunk),
                leaf.blockId(),
                leaf.block().chunkOffset(chunk)));
      }
    }
  }

  private ZapName name(Found entry) {
    long objectId = main.objectId();
    return names.stored(entry.key, MatchType.EXACT, objectId, entry.blockId, entry.offsetBytes);
  }

  private void check(Found entry) {
    ZapName name;
    try {
      name = name(entry);
    } catch (CorruptException e) {
      problem(entry, String.valueOf(e.getMessage()));
      return;
    }
    if (overflow.rehashed(name).hash() != entry.hash) {
      problem(entry, "the hash is not the secret hash of the name");
      return;
    }
    LeafAccess access = main.access();
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockUnderStructure(header, name.hash(), false);
      try {
        int counterpart = leaf.find(name);
        boolean isValue = entry.mark == LeafLayout.MARK_VALUE_OF_OTHER;
        if (!leaf.hasOverflow()) {
          problem(entry, "in the overflow, but leaf block=" + leaf.blockId() + " is not marked");
        } else if (isValue != (counterpart != Leaf.NONE)) {
          problem(entry, isValue ? "a value of no entry" : "an entry of both tables");
        }
      } finally {
        access.unlockShared(leaf);
      }
    } catch (ZapException e) {
      problem(entry, "its leaf in the main table: " + e.getMessage());
    } finally {
      access.release(header);
    }
  }

  private void problem(Found entry, String text) {
    sink.problem(entry.blockId, entry.offsetBytes, text);
  }
}
