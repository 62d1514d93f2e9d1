// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

import java.util.BitSet;
import org.zapkv.error.CorruptException;

/**
 * Checks that the bytes of a leaf are a leaf: every header field, every chain, every chunk. What
 * passes can be read and changed without a chain that loops, runs into another, or leaves the
 * block.
 */
final class LeafChecker {
  private final Leaf leaf;
  private final LeafBlock block;
  private final ZapProblems problems;
  private final BitSet seen;

  private LeafChecker(Leaf leaf, ZapProblems problems) {
    this.leaf = leaf;
    this.block = leaf.block();
    this.problems = problems;
    this.seen = new BitSet(leaf.chunkCount());
  }

  /**
   * Checks what must be right before a leaf is used.
   *
   * @throws CorruptException with the first thing that is not
   */
  static void check(Leaf leaf) {
    LeafBlock block = leaf.block();
    ZapProblems thrower =
        (blockId, offset, problem) -> {
          throw block.corrupt(offset, problem);
        };
    LeafChecker checker = new LeafChecker(leaf, thrower);
    checker.header();
    checker.freeList();
    checker.buckets();
  }

  /**
   * Checks a leaf and its names' hashes, and that no chunk is lost.
   *
   * @return whether there was nothing to report
   */
  static boolean report(Leaf leaf, ZapNames names, ZapProblems problems) {
    boolean[] clean = {true};
    ZapProblems counting =
        (blockId, offset, problem) -> {
          clean[0] = false;
          problems.problem(blockId, offset, problem);
        };
    LeafChecker checker = new LeafChecker(leaf, counting);
    checker.header();
    checker.freeList();
    checker.buckets();
    if (clean[0]) {
      checker.lostChunks();
      checker.names(names);
    }
    return clean[0];
  }

  private void problem(long offsetBytes, String text) {
    problems.problem(leaf.blockId(), offsetBytes, text);
  }

  private void header() {
    if (!block.isLeaf()) {
      problem(LeafLayout.TYPE_OFFSET, "the block type is not that of a leaf");
    }
    if (block.magic() != LeafLayout.MAGIC) {
      problem(LeafLayout.MAGIC_OFFSET, "leaf magic=0x" + Integer.toHexString(block.magic()));
    }
    int length = block.prefixLength();
    if (length > leaf.hashBits()) {
      problem(
          LeafLayout.PREFIX_LENGTH_OFFSET,
          "prefixLength=" + length + " is above hashBits=" + leaf.hashBits());
    } else if (block.prefix() >>> length != 0) {
      problem(
          LeafLayout.PREFIX_OFFSET,
          "prefix=0x" + Long.toHexString(block.prefix()) + " has more than " + length + " bits");
    }
    if (block.freeCount() > leaf.chunkCount()) {
      problem(
          LeafLayout.FREE_COUNT_OFFSET,
          "freeChunks=" + block.freeCount() + " of " + leaf.chunkCount());
    }
  }

  private void freeList() {
    int count = 0;
    int chunk = block.freeListHead();
    while (chunk != CHAIN_END && claim(chunk, LeafLayout.TYPE_FREE, LeafLayout.FREE_LIST_OFFSET)) {
      count++;
      chunk = block.link(chunk);
    }
    if (chunk == CHAIN_END && count != block.freeCount()) {
      problem(
          LeafLayout.FREE_COUNT_OFFSET,
          "freeChunks=" + block.freeCount() + ", but the free list has " + count);
    }
  }

  /** Takes a chunk for the chain that leads to it; a chunk belongs to one chain only. */
  private boolean claim(int chunk, int type, int fromOffset) {
    if (chunk >= leaf.chunkCount()) {
      problem(fromOffset, "chunk=" + chunk + " of " + leaf.chunkCount());
      return false;
    }
    if (block.chunkType(chunk) != type) {
      problem(
          block.chunkOffset(chunk),
          "chunk=" + chunk + " has type " + block.chunkType(chunk) + " instead of " + type);
      return false;
    }
    if (seen.get(chunk)) {
      problem(block.chunkOffset(chunk), "chunk=" + chunk + " is in two chains, or twice in one");
      return false;
    }
    seen.set(chunk);
    return true;
  }

  private void buckets() {
    int entries = 0;
    for (int bucket = 0; bucket < block.layout().bucketCount(); bucket++) {
      int from = block.layout().bucketOffset(bucket);
      int entry = block.bucketHead(bucket);
      while (entry != CHAIN_END && claim(entry, LeafLayout.TYPE_ENTRY, from)) {
        entries++;
        entry(entry, bucket);
        from = block.chunkOffset(entry);
        entry = block.next(entry);
      }
      distinct(bucket, entry);
    }
    if (entries != block.entryCount()) {
      problem(
          LeafLayout.ENTRY_COUNT_OFFSET,
          "entries=" + block.entryCount() + ", but the buckets have " + entries);
    }
  }

  private void entry(int entry, int bucket) {
    int offset = block.chunkOffset(entry);
    int integerBytes = block.integerBytes(entry);
    if (!ZapValue.isIntegerSize(integerBytes)) {
      problem(offset + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET, "integerBytes=" + integerBytes);
      return;
    }
    if (!isMarkAllowed(entry)) {
      problem(
          offset + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET,
          "a value marked 0x" + Integer.toHexString(block.mark(entry)));
      return;
    }
    int nameBytes = leaf.nameBytes(entry);
    if (nameBytes < 1 || nameBytes > ZapNames.LONGEST_STORED_BYTES) {
      problem(offset + LeafLayout.ENTRY_NAME_LENGTH_OFFSET, "a name of " + nameBytes + " bytes");
      return;
    }
    int valueBytes = block.valueBytes(entry);
    if (valueBytes > ZapValue.MAX_BYTES) {
      problem(offset + LeafLayout.ENTRY_VALUE_COUNT_OFFSET, "a value of " + valueBytes + " bytes");
      return;
    }
    hash(entry, bucket, offset);
    boolean whole =
        array(block.nameChunk(entry), nameBytes, offset + LeafLayout.ENTRY_NAME_CHUNK_OFFSET);
    if (whole && !leaf.uint64Keys() && block.lastByte(block.nameChunk(entry), nameBytes) != 0) {
      problem(offset + LeafLayout.ENTRY_NAME_LENGTH_OFFSET, "a name does not end with NUL");
    }
    array(block.valueChunk(entry), valueBytes, offset + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET);
  }

  private boolean isMarkAllowed(int entry) {
    int mark = block.mark(entry);
    if (mark == 0) {
      return true;
    }
    return leaf.isInOverflow()
        ? mark == LeafLayout.MARK_VALUE_OF_OTHER
        : mark == LeafLayout.MARK_APART && leaf.hasOverflow() && block.valueCount(entry) == 0;
  }

  private void hash(int entry, int bucket, int offset) {
    long hash = block.hash(entry);
    int length = block.prefixLength();
    boolean inPrefix = length == 0 || hash >>> (Long.SIZE - length) == block.prefix();
    if (ZapHash.mask(hash, leaf.hashBits()) != hash
        || !inPrefix
        || block.layout().bucket(hash, length) != bucket) {
      problem(
          offset + LeafLayout.ENTRY_HASH_OFFSET,
          "hash=0x" + Long.toHexString(hash) + " does not belong in bucket " + bucket);
    }
    if (block.cd(entry) >= ZapName.cdLimit(leaf.hashBits())) {
      problem(offset + LeafLayout.ENTRY_CD_OFFSET, "cd=" + block.cd(entry) + " is too large");
    }
  }

  private boolean array(int head, int bytes, int fromOffset) {
    int chunk = head;
    int from = fromOffset;
    for (int left = LeafLayout.arrayChunks(bytes); left > 0; left--) {
      if (!claim(chunk, LeafLayout.TYPE_ARRAY, from)) {
        return false;
      }
      from = block.chunkOffset(chunk) + LeafLayout.LINK_OFFSET;
      chunk = block.link(chunk);
    }
    if (chunk != CHAIN_END) {
      problem(from, "an array of " + bytes + " bytes goes on at chunk=" + chunk);
      return false;
    }
    return true;
  }

  /** No two entries of a chain have both their hash and their cd in common. */
  private void distinct(int bucket, int end) {
    for (int entry = block.bucketHead(bucket); entry != end; entry = block.next(entry)) {
      for (int other = block.next(entry); other != end; other = block.next(other)) {
        if (block.cd(entry) == block.cd(other) && block.hash(entry) == block.hash(other)) {
          problem(
              block.chunkOffset(other) + LeafLayout.ENTRY_CD_OFFSET,
              "two entries with hash=0x"
                  + Long.toHexString(block.hash(entry))
                  + " cd="
                  + block.cd(entry));
        }
      }
    }
  }

  private void lostChunks() {
    int lost = leaf.chunkCount() - seen.cardinality();
    if (lost != 0) {
      int first = seen.nextClearBit(0);
      problem(block.chunkOffset(first), lost + " chunks are in no chain, the first is " + first);
    }
  }

  private void names(ZapNames names) {
    for (int bucket = 0; bucket < block.layout().bucketCount(); bucket++) {
      for (int entry = block.bucketHead(bucket); entry != CHAIN_END; entry = block.next(entry)) {
        try {
          name(entry, names);
        } catch (CorruptException e) {
          problem(e.offsetBytes(), String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private void name(int entry, ZapNames names) {
    int offset = block.chunkOffset(entry);
    ZapName name = leaf.name(entry, names, MatchType.EXACT);
    if (name.hash() != block.hash(entry)) {
      problem(
          offset + LeafLayout.ENTRY_HASH_OFFSET,
          "hash=0x"
              + Long.toHexString(block.hash(entry))
              + " is not the hash of the name, 0x"
              + Long.toHexString(name.hash()));
    } else if (leaf.find(name) != entry) {
      problem(offset, "two entries with the same name");
    }
  }
}
