// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_OFFSET;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LittleEndian.LONGS;

import org.zapkv.cache.memory.NativeMemory;

/**
 * Proves in one pass that an ordinary leaf is sound. What it cannot prove may be sound, too: {@link
 * LeafChecker} then looks, and says what is wrong if anything is.
 */
final class LeafProof {

  /*
   * Implementation notes
   *
   * Every leaf that is read from the device comes by here, and costs more here than its reading. So
   * all is done on words, in the order of the chains, with no object for a name and no text for a
   * problem. The invariant: whatever is proved here LeafChecker finds nothing in. That is tested
   * with damaged leaves, and nothing else depends on how much is given up here.
   *
   * Each claimed chunk sets its bit, and a bit that is set already ends the proof: so every chain
   * ends, and as many bits as there are chunks are every chunk, once.
   *
   * Given up at once: words, names that are normalised, the overflow, values kept apart, two
   * entries of one hash in a chain, and chains so long that comparing their hashes would take time.
   */

  private static final int LONGEST_CHAIN = 8;

  private static final int BUCKETS_AT_ONCE = Long.BYTES / Short.BYTES;

  /** So many buckets without an entry. */
  private static final long NO_HEADS = -1L;

  // An entry's three words.
  private static final int NEXT_SHIFT = 16;
  private static final int NAME_CHUNK_SHIFT = 32;
  private static final int NAME_LENGTH_SHIFT = 48;
  private static final int VALUE_COUNT_SHIFT = 16;
  private static final int CD_SHIFT = 32;
  private static final int MASK_8 = 0xFF;
  private static final int MASK_16 = 0xFFFF;

  // A payload, moved as three overlapping words.
  private static final int SECOND_WORD = Long.BYTES;
  private static final int THIRD_WORD = ARRAY_PAYLOAD_BYTES - Long.BYTES;

  private static final int NAME_BUFFER_BYTES = 3 * ARRAY_PAYLOAD_BYTES;
  private static final int NOT_WHOLE = -1;

  private final LeafBlock block;
  private final LeafLayout layout;
  private final ZapNames names;
  private final long address;
  private final long chunks;
  private final int chunkCount;
  private final long cdLimit;
  private final long prefix;
  private final int prefixLength;
  private final long[] seen;
  private final long[] hashesOfChain = new long[LONGEST_CHAIN];
  private byte[] nameBuffer = new byte[NAME_BUFFER_BYTES];
  private int claimed;
  private int entries;

  private LeafProof(Leaf leaf, ZapNames names) {
    this.block = leaf.block();
    this.layout = block.layout();
    this.names = names;
    this.address = leaf.buffer().address();
    this.chunks = address + layout.chunkOffset(0);
    this.chunkCount = layout.chunkCount();
    this.cdLimit = ZapName.cdLimit(names.hashBits());
    this.prefix = block.prefix();
    this.prefixLength = block.prefixLength();
    this.seen = new long[(chunkCount + Long.SIZE - 1) / Long.SIZE];
  }

  /** Whether a leaf is sound; false: it may be, or not. The caller has locked it. */
  static boolean isSound(Leaf leaf) {
    ZapNames names = leaf.names();
    return names != null
        && names.arePlain()
        && !leaf.isInOverflow()
        && new LeafProof(leaf, names).isProved();
  }

  private boolean isProved() {
    return header()
        && freeList()
        && buckets()
        && entries == block.entryCount()
        && claimed == chunkCount;
  }

  private boolean header() {
    return block.isLeaf()
        && block.magic() == LeafLayout.MAGIC
        && prefixLength <= names.hashBits()
        && prefix >>> prefixLength == 0
        && (block.flags() & ~LeafLayout.FLAG_OVERFLOW) == 0;
  }

  private long at(int chunk) {
    return chunks + (long) chunk * LeafLayout.CHUNK_BYTES;
  }

  /** Takes a chunk for a chain; false: there is none of that number, or another chain has it. */
  private boolean claim(int chunk) {
    if (chunk >= chunkCount) {
      return false;
    }
    long bit = 1L << chunk;
    long word = seen[chunk >>> 6];
    seen[chunk >>> 6] = word | bit;
    claimed++;
    return (word & bit) == 0;
  }

  private boolean freeList() {
    int chunk = block.freeListHead();
    for (int left = block.freeCount(); left > 0; left--) {
      if (!claim(chunk)) {
        return false;
      }
      long at = at(chunk);
      if (NativeMemory.getUnsignedByte(at) != LeafLayout.TYPE_FREE) {
        return false;
      }
      chunk = NativeMemory.getUnsignedShort(at + LeafLayout.LINK_OFFSET);
    }
    return chunk == CHAIN_END;
  }

  private boolean buckets() {
    long first = address + layout.bucketOffset(0);
    int count = layout.bucketCount();
    for (int from = 0; from < count; from += BUCKETS_AT_ONCE) {
      long heads = NativeMemory.getLong(first + (long) from * Short.BYTES);
      for (int bucket = from; heads != NO_HEADS; bucket++) {
        int head = (int) heads & MASK_16;
        if (head != CHAIN_END && !chain(head, bucket)) {
          return false;
        }
        // What is not looked at yet, and empty ones behind it.
        heads = heads >> Short.SIZE | (long) CHAIN_END << (Long.SIZE - Short.SIZE);
      }
    }
    return true;
  }

  private boolean chain(int head, int bucket) {
    int length = 0;
    for (int entry = head; entry != CHAIN_END; length++) {
      if (length == LONGEST_CHAIN || !claim(entry)) {
        return false;
      }
      long at = at(entry);
      long first = NativeMemory.getLong(at);
      long hash = NativeMemory.getLong(at + LeafLayout.ENTRY_HASH_OFFSET);
      if (!entry(first, NativeMemory.getLong(at + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET), hash)
          || layout.bucket(hash, prefixLength) != bucket) {
        return false;
      }
      for (int i = 0; i < length; i++) {
        if (hashesOfChain[i] == hash) {
          return false;
        }
      }
      hashesOfChain[length] = hash;
      entry = (int) (first >>> NEXT_SHIFT) & MASK_16;
    }
    entries += length;
    return true;
  }

  private boolean entry(long first, long second, long hash) {
    int integerBytes = (int) (first >>> Byte.SIZE) & MASK_8;
    int nameBytes = (int) (first >>> NAME_LENGTH_SHIFT);
    int valueBytes = ((int) (second >>> VALUE_COUNT_SHIFT) & MASK_16) * integerBytes;
    // A marked entry has no size of an integer here.
    if (((int) first & MASK_8) != LeafLayout.TYPE_ENTRY
        || !ZapValue.isIntegerSize(integerBytes)
        || nameBytes < 1
        || nameBytes > ZapNames.LONGEST_STORED_BYTES
        || valueBytes > ZapValue.MAX_BYTES
        || second >>> CD_SHIFT >= cdLimit
        || !isInPrefix(hash)) {
      return false;
    }
    return name((int) (first >>> NAME_CHUNK_SHIFT) & MASK_16, nameBytes, hash)
        && value((int) second & MASK_16, LeafLayout.arrayChunks(valueBytes));
  }

  private boolean isInPrefix(long hash) {
    return prefixLength == 0 || hash >>> (Long.SIZE - prefixLength) == prefix;
  }

  /** The chunk behind one that is claimed for an array; {@link #NOT_WHOLE}: it is none of one. */
  private int link(int chunk) {
    if (!claim(chunk)) {
      return NOT_WHOLE;
    }
    long at = at(chunk);
    return NativeMemory.getUnsignedByte(at) == LeafLayout.TYPE_ARRAY
        ? NativeMemory.getUnsignedShort(at + LeafLayout.LINK_OFFSET)
        : NOT_WHOLE;
  }

  private boolean value(int head, int count) {
    int chunk = head;
    for (int left = count; left > 0; left--) {
      chunk = link(chunk);
      if (chunk == NOT_WHOLE) {
        return false;
      }
    }
    return chunk == CHAIN_END;
  }

  /** Claims the name's chunks, and sees that it ends with NUL and has this hash. */
  private boolean name(int head, int bytes, long hash) {
    int room = LeafLayout.arrayChunks(bytes) * ARRAY_PAYLOAD_BYTES;
    if (nameBuffer.length < room) {
      nameBuffer = new byte[room];
    }
    byte[] name = nameBuffer;
    int chunk = head;
    for (int to = 0; to < room; to += ARRAY_PAYLOAD_BYTES) {
      int next = link(chunk);
      if (next == NOT_WHOLE) {
        return false;
      }
      long from = at(chunk) + ARRAY_PAYLOAD_OFFSET;
      LONGS.set(name, to, NativeMemory.getLong(from));
      LONGS.set(name, to + SECOND_WORD, NativeMemory.getLong(from + SECOND_WORD));
      LONGS.set(name, to + THIRD_WORD, NativeMemory.getLong(from + THIRD_WORD));
      chunk = next;
    }
    return chunk == CHAIN_END && name[bytes - 1] == 0 && names.plainHash(name, bytes - 1) == hash;
  }
}
