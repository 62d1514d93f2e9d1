// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LittleEndian.INTS;
import static org.zapkv.zap.LittleEndian.LONGS;
import static org.zapkv.zap.LittleEndian.SHORTS;

import java.util.Arrays;
import org.zapkv.pool.BlockPacker;

/** Packs leaves. One thread at a time. */
final class LeafPacker {

  /*
   * Implementation notes
   *
   * The packed form lists all chunks of a leaf in one order: entry by entry, in the order of the
   * buckets and their chains, the entry's chunk, those of its name, those of its value; then the
   * free list. In that order every link, every bucket's head and every count is known, so none is
   * stored; where the chunks are is, as runs of chunks that follow each other.
   *
   * What is not written down must be what the unpacker will put there. So every byte of the block is
   * either written or compared with that, and each chunk must come up exactly once (claim). Whatever
   * fails to is not packed: it need not be wrong for that. Nothing here looks at what a leaf means.
   *
   * Bytes are moved as words, with some more behind them than are meant: what comes next is written
   * over those.
   */

  private static final int MASK_16 = 0xFFFF;
  private static final long MASK_48 = 0xFFFFFFFFFFFFL;

  /** What an array's last chunk has behind the array. */
  private enum Rest {
    ZERO,
    OTHER,
    /** Not found out: there is something wrong with the array. */
    UNKNOWN
  }

  private byte[] block = {};
  private byte[] packed = {};
  private LeafLayout layout = LeafLayout.of(LeafLayout.MIN_BLOCK_SHIFT);
  private int chunkCount;
  private long prefix;
  private int prefixLength;
  private int freeHead;

  /** Where the next packed byte goes. */
  private int position;

  private int entryCount;
  private long shapeBefore;

  /** A bit for each chunk that was claimed. */
  private long[] seen = {};

  /** Runs that have ended: the first chunk in the high half, how many in the low one. */
  private int[] runs = {};

  private int runCount;
  private int runStart;

  /** The chunk after the last that was claimed. */
  private int runEnd;

  /** As {@link BlockPacker#pack}. */
  int pack(byte[] leaf, int blockBytes, byte[] target) {
    LeafLayout leafLayout = LeafPacking.layoutOf(blockBytes);
    if (leafLayout == null || word(leaf, LeafLayout.TYPE_OFFSET) != LeafLayout.BLOCK_TYPE) {
      return BlockPacker.NOT_PACKED;
    }
    begin(leaf, leafLayout, target);
    if (!header() || !entries() || !freeList() || !writeRuns()) {
      return BlockPacker.NOT_PACKED;
    }
    writeHeader();
    return position < blockBytes ? position : BlockPacker.NOT_PACKED;
  }

  private void begin(byte[] leaf, LeafLayout leafLayout, byte[] target) {
    block = leaf;
    packed = target;
    layout = leafLayout;
    chunkCount = leafLayout.chunkCount();
    position = PackedLeafLayout.HEADER_BYTES;
    entryCount = 0;
    shapeBefore = -1;
    runCount = 0;
    runStart = 0;
    runEnd = 0;
    if (runs.length < chunkCount) {
      runs = new int[chunkCount];
      seen = new long[(chunkCount + Long.SIZE - 1) / Long.SIZE];
    }
    Arrays.fill(seen, 0, (chunkCount + Long.SIZE - 1) / Long.SIZE, 0);
  }

  private static long word(byte[] from, int at) {
    return (long) LONGS.get(from, at);
  }

  private static int unsignedShort(byte[] from, int at) {
    return (short) SHORTS.get(from, at) & MASK_16;
  }

  private boolean header() {
    prefix = word(block, LeafLayout.PREFIX_OFFSET);
    prefixLength = unsignedShort(block, LeafLayout.PREFIX_LENGTH_OFFSET);
    freeHead = unsignedShort(block, LeafLayout.FREE_LIST_OFFSET);
    int bucketBits = Integer.numberOfTrailingZeros(layout.bucketCount());
    return word(block, LeafLayout.TYPE_OFFSET + Long.BYTES) == 0
        && (int) INTS.get(block, LeafLayout.MAGIC_OFFSET) == LeafLayout.MAGIC
        && prefixLength + bucketBits <= Long.SIZE
        && prefix >>> prefixLength == 0
        // The flags, and what follows them.
        && (int) INTS.get(block, LeafLayout.FLAGS_OFFSET) >>> Byte.SIZE == 0
        && word(block, LeafLayout.HEADER_BYTES - Long.BYTES) == 0;
  }

  private void writeHeader() {
    LONGS.set(packed, PackedLeafLayout.PREFIX_OFFSET, prefix);
    SHORTS.set(packed, PackedLeafLayout.ENTRY_COUNT_OFFSET, (short) entryCount);
    packed[PackedLeafLayout.PREFIX_LENGTH_OFFSET] = (byte) prefixLength;
    packed[PackedLeafLayout.FLAGS_OFFSET] = block[LeafLayout.FLAGS_OFFSET];
  }

  /** Takes a chunk as the next one in the order; false if it was taken before, or is none. */
  private boolean claim(int chunk) {
    if (chunk >= chunkCount) {
      return false;
    }
    long bit = 1L << chunk;
    int word = chunk >>> 6;
    if ((seen[word] & bit) != 0) {
      return false;
    }
    seen[word] |= bit;
    if (chunk != runEnd) {
      endRun();
      runStart = chunk;
    }
    runEnd = chunk + 1;
    return true;
  }

  private void endRun() {
    if (runEnd > runStart) {
      runs[runCount++] = runStart << Short.SIZE | (runEnd - runStart);
    }
  }

  /** Writes where the chunks are; false if there are some that were not claimed. */
  private boolean writeRuns() {
    endRun();
    INTS.set(packed, PackedLeafLayout.RUNS_OFFSET_OFFSET, position);
    int chunks = 0;
    for (int i = 0; i < runCount; i++) {
      int first = runs[i] >>> Short.SIZE;
      int left = runs[i] & MASK_16;
      chunks += left;
      while (left > 0) {
        int here = Math.min(left, PackedLeafLayout.LONGEST_RUN);
        SHORTS.set(packed, position, (short) first);
        packed[position + PackedLeafLayout.RUN_COUNT_OFFSET] = (byte) here;
        position += PackedLeafLayout.RUN_BYTES;
        first += here;
        left -= here;
      }
    }
    return chunks == chunkCount;
  }

  private boolean entries() {
    int buckets = layout.bucketCount();
    for (int bucket = 0; bucket < buckets; bucket += Long.BYTES / Short.BYTES) {
      // Most are empty: four at once.
      long heads = word(block, layout.bucketOffset(bucket));
      if (heads == -1) {
        continue;
      }
      for (int i = 0; i < Long.BYTES / Short.BYTES; i++, heads >>>= Short.SIZE) {
        for (int entry = (int) heads & MASK_16; entry != CHAIN_END; ) {
          if (!claim(entry) || !entry(layout.chunkOffset(entry), bucket + i)) {
            return false;
          }
          entry = unsignedShort(block, layout.chunkOffset(entry) + LeafLayout.ENTRY_NEXT_OFFSET);
        }
      }
    }
    return entryCount == unsignedShort(block, LeafLayout.ENTRY_COUNT_OFFSET);
  }

  private boolean entry(int at, int bucket) {
    long first = word(block, at);
    long second = word(block, at + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET);
    long hash = word(block, at + LeafLayout.ENTRY_HASH_OFFSET);
    int nameLength = (int) (first >>> 48);
    if (((int) first & 0xFF) != LeafLayout.TYPE_ENTRY
        || nameLength == 0
        || !isPrefixOf(hash)
        || layout.bucket(hash, prefixLength) != bucket) {
      return false;
    }
    entryCount++;
    int integerField = (int) (first >>> 8) & 0xFF;
    int valueCount = (int) (second >>> 16) & MASK_16;
    long cd = second >>> 32;
    int controlAt = position++;
    int control = putHash(hash << prefixLength);
    control |= putShape(integerField, nameLength, valueCount);
    if (cd != 0) {
      INTS.set(packed, position, (int) cd);
      position += Integer.BYTES;
      control |= PackedLeafLayout.CONTROL_CD;
    }
    // Whatever else is in the last chunk of a name is not written down: it has to be the NUL.
    int nameChunk = (int) (first >>> 32) & MASK_16;
    if (array(nameChunk, LeafLayout.arrayChunks(nameLength), nameLength - 1) != Rest.ZERO) {
      return false;
    }
    int valueBytes = valueCount * (integerField & LeafLayout.INTEGER_BYTES_MASK);
    int valueChunks = LeafLayout.arrayChunks(valueBytes);
    Rest rest = array((int) second & MASK_16, valueChunks, valueBytes);
    if (rest == Rest.OTHER) {
      position += valueChunks * ARRAY_PAYLOAD_BYTES - valueBytes;
      control |= PackedLeafLayout.CONTROL_WHOLE_CHUNKS;
    }
    packed[controlAt] = (byte) control;
    return rest != Rest.UNKNOWN;
  }

  private boolean isPrefixOf(long hash) {
    return prefixLength == 0 || hash >>> (Long.SIZE - prefixLength) == prefix;
  }

  /** Writes the bits of a hash after the prefix, as many bytes as there are ones in. */
  private int putHash(long rest) {
    int bytes = Math.max(1, Long.BYTES - Long.numberOfTrailingZeros(rest) / Byte.SIZE);
    LONGS.set(packed, position, Long.reverseBytes(rest));
    position += bytes;
    return bytes - 1;
  }

  private int putShape(int integerField, int nameLength, int valueCount) {
    long shape = (long) integerField << 32 | (long) nameLength << 16 | valueCount;
    if (shape == shapeBefore) {
      return PackedLeafLayout.CONTROL_SAME_SHAPE;
    }
    shapeBefore = shape;
    packed[position++] = (byte) integerField;
    if (Math.max(nameLength, valueCount) <= PackedLeafLayout.NARROW_LIMIT) {
      packed[position++] = (byte) nameLength;
      packed[position++] = (byte) valueCount;
      return 0;
    }
    SHORTS.set(packed, position, (short) nameLength);
    SHORTS.set(packed, position + Short.BYTES, (short) valueCount);
    position += 2 * Short.BYTES;
    return PackedLeafLayout.CONTROL_WIDE_SHAPE;
  }

  /**
   * Writes the bytes of an array.
   *
   * @return what is behind them in the last chunk
   */
  private Rest array(int head, int chunks, int bytes) {
    final byte[] from = block;
    final byte[] to = packed;
    int chunk = head;
    int at = position;
    long behind = 0;
    for (int left = bytes, i = chunks; i > 0; i--, left -= ARRAY_PAYLOAD_BYTES) {
      if (!claim(chunk)) {
        return Rest.UNKNOWN;
      }
      int source = layout.chunkOffset(chunk);
      long first = word(from, source);
      long second = word(from, source + Long.BYTES);
      long third = word(from, source + 2 * Long.BYTES);
      if (((int) first & 0xFF) != LeafLayout.TYPE_ARRAY) {
        return Rest.UNKNOWN;
      }
      first >>>= Byte.SIZE;
      LONGS.set(to, at, first);
      LONGS.set(to, at + 7, second);
      LONGS.set(to, at + 15, third);
      at += ARRAY_PAYLOAD_BYTES;
      chunk = (int) (third >>> 48);
      if (i == 1) {
        behind =
            (first & ~LeafPacking.lowBytes(left))
                | (second & ~LeafPacking.lowBytes(left - 7))
                | (third & MASK_48 & ~LeafPacking.lowBytes(left - 15));
      }
    }
    position += bytes;
    if (chunk != CHAIN_END) {
      return Rest.UNKNOWN;
    }
    return behind == 0 ? Rest.ZERO : Rest.OTHER;
  }

  private boolean freeList() {
    int count = 0;
    for (int chunk = freeHead; chunk != CHAIN_END; count++) {
      if (!claim(chunk)) {
        return false;
      }
      int at = layout.chunkOffset(chunk);
      long third = word(block, at + 2 * Long.BYTES);
      if (word(block, at) != LeafLayout.TYPE_FREE
          || word(block, at + Long.BYTES) != 0
          || (third & MASK_48) != 0) {
        return false;
      }
      chunk = (int) (third >>> 48);
    }
    return count == unsignedShort(block, LeafLayout.FREE_COUNT_OFFSET);
  }
}
