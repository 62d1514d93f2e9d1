// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.zapkv.error.CorruptException;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.KeyTooLongException;

/**
 * Checks that the bytes of a leaf are a leaf: every header field, every chain, every chunk, every
 * name. What passes can be read and changed without a chain that loops, runs into another, or
 * leaves the block, and every entry is where a lookup of its name looks for it.
 *
 * <p>Costs a pass over the block and the hash of every name, however long the chains are.
 */
final class LeafChecker {
  /** Entries of longer chains are sorted rather than compared with one another. */
  private static final int SHORT_CHAIN = 8;

  private final Leaf leaf;
  private final LeafBlock block;
  private final ZapProblems problems;
  private final BitSet seen;

  /** Whether nothing was reported. */
  private boolean clean = true;

  private LeafChecker(Leaf leaf, ZapProblems problems) {
    this.leaf = leaf;
    this.block = leaf.block();
    this.problems = problems;
    this.seen = new BitSet(leaf.chunkCount());
  }

  /**
   * Checks a leaf before it is used.
   *
   * @throws CorruptException with the first thing that is not right
   */
  static void check(Leaf leaf) {
    if (LeafProof.isSound(leaf)) {
      return;
    }
    LeafBlock block = leaf.block();
    report(
        leaf,
        (blockId, offset, problem) -> {
          throw block.corrupt(offset, problem);
        });
  }

  /**
   * Checks a leaf.
   *
   * @return whether there was nothing to report
   */
  static boolean report(Leaf leaf, ZapProblems problems) {
    LeafChecker checker = new LeafChecker(leaf, problems);
    if (!leaf.block().isLeaf()) {
      checker.problem(LeafLayout.TYPE_OFFSET, "the block type is not that of a leaf");
      return false;
    }
    checker.header();
    checker.freeList();
    checker.buckets();
    if (checker.clean) {
      checker.lostChunks();
      checker.names();
    }
    return checker.clean;
  }

  private void problem(long offsetBytes, String text) {
    clean = false;
    problems.problem(leaf.blockId(), offsetBytes, text);
  }

  private void header() {
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
    if (block.flags() != flags()) {
      problem(
          LeafLayout.FLAGS_OFFSET,
          "flags=" + block.flags() + " in a map whose leaves have " + flags());
    }
  }

  private int flags() {
    if (leaf.isInOverflow()) {
      return LeafLayout.FLAG_IN_OVERFLOW;
    }
    ZapNames names = leaf.names();
    boolean sorted = names != null && names.hasVariants();
    return (sorted ? LeafLayout.FLAG_CD_SORTED : 0) | (block.flags() & LeafLayout.FLAG_OVERFLOW);
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
    long cdLimit = leaf.isInOverflow() ? Overflow.CD_LIMIT : ZapName.cdLimit(leaf.hashBits());
    if (block.cd(entry) >= cdLimit) {
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

  private void lostChunks() {
    int lost = leaf.chunkCount() - seen.cardinality();
    if (lost != 0) {
      int first = seen.nextClearBit(0);
      problem(block.chunkOffset(first), lost + " chunks are in no chain, the first is " + first);
    }
  }

  /** All chains end, as there was nothing to report before. */
  private void names() {
    for (int bucket = 0; bucket < block.layout().bucketCount(); bucket++) {
      int length = 0;
      for (int entry = block.bucketHead(bucket); entry != CHAIN_END; entry = block.next(entry)) {
        length++;
        name(entry);
      }
      if (length > SHORT_CHAIN) {
        longChain(bucket, length);
      } else if (length > 1) {
        shortChain(bucket);
      }
    }
  }

  private void name(int entry) {
    ZapNames names = leaf.names();
    if (names == null || leaf.isInOverflow()) {
      // The hashes there are secret ones, which no salt gives.
      return;
    }
    int offset = block.chunkOffset(entry);
    ZapName name;
    try {
      name = names.exact(leaf.key(entry));
    } catch (KeyTooLongException | KeyNotTextException e) {
      problem(offset, String.valueOf(e.getMessage()));
      return;
    }
    if (name.hash() != block.hash(entry)) {
      problem(
          offset + LeafLayout.ENTRY_HASH_OFFSET,
          "hash=0x"
              + Long.toHexString(block.hash(entry))
              + " is not the hash of the name, 0x"
              + Long.toHexString(name.hash()));
    }
  }

  /** No two entries have their hash and their cd, or their name, in common. */
  private void shortChain(int bucket) {
    for (int entry = block.bucketHead(bucket); entry != CHAIN_END; entry = block.next(entry)) {
      int next = block.next(entry);
      if (next != CHAIN_END) {
        order(entry, next);
      }
      for (int other = next; other != CHAIN_END; other = block.next(other)) {
        if (block.hash(entry) == block.hash(other)) {
          samePosition(entry, other);
          if (Arrays.equals(leaf.key(entry), leaf.key(other))) {
            sameName(other);
          }
        }
      }
    }
  }

  /** The same, in a time that does not grow with the square of the length. */
  private void longChain(int bucket, int length) {
    List<Integer> entries = new ArrayList<>(length);
    List<byte[]> keys = new ArrayList<>(length);
    for (int entry = block.bucketHead(bucket); entry != CHAIN_END; entry = block.next(entry)) {
      if (!entries.isEmpty()) {
        order(entries.get(entries.size() - 1), entry);
      }
      entries.add(entry);
      keys.add(leaf.key(entry));
    }
    entries.sort((one, other) -> leaf.compare(one, other));
    keys.sort(Arrays::compare);
    for (int i = 1; i < length; i++) {
      samePosition(entries.get(i - 1), entries.get(i));
      if (Arrays.equals(keys.get(i - 1), keys.get(i))) {
        sameName(entries.get(0));
      }
    }
  }

  private void order(int entry, int next) {
    if ((block.flags() & LeafLayout.FLAG_CD_SORTED) != 0 && block.cd(entry) > block.cd(next)) {
      problem(block.chunkOffset(next) + LeafLayout.ENTRY_CD_OFFSET, "a chain is not sorted by cd");
    }
  }

  private void samePosition(int entry, int other) {
    if (leaf.compare(entry, other) == 0) {
      problem(
          block.chunkOffset(other) + LeafLayout.ENTRY_CD_OFFSET,
          "two entries with hash=0x"
              + Long.toHexString(block.hash(entry))
              + " cd="
              + block.cd(entry));
    }
  }

  private void sameName(int entry) {
    problem(block.chunkOffset(entry), "two entries with the same name");
  }
}
