// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LittleEndian.INTS;
import static org.zapkv.zap.LittleEndian.LONGS;
import static org.zapkv.zap.LittleEndian.SHORTS;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.BlockPacker;

/** Unpacks leaves. One thread at a time. */
final class LeafUnpacker {

  /*
   * Implementation notes
   *
   * The packed bytes may be damaged, on purpose too. Lengths are compared with what is left before
   * they are used, chunks are those of the leaf and come up once each, so work and memory are
   * bounded by the size of the leaf; and as all of them must come up, nothing is left in the block
   * of what was in the array before. A bug in that would meet the bounds of the arrays.
   *
   * A leaf that is given back is one whose bytes hang together. Whether it is a sound one LeafChecker
   * says, as of every leaf that was read.
   */

  private static final int MASK_16 = 0xFFFF;
  private static final long MASK_48 = 0xFFFFFFFFFFFFL;

  /** No chunk: the packed bytes have no more, or are wrong. */
  private static final int NONE = -1;

  private byte[] packed = {};
  private byte[] block = {};
  private LeafLayout layout = LeafLayout.of(LeafLayout.MIN_BLOCK_SHIFT);
  private int packedBytes;

  /** Where entries end and runs begin. */
  private int entriesEnd;

  private long prefix;
  private int prefixLength;

  /** Where the next byte of the entries is. */
  private int position;

  private int integerField;
  private int nameLength;
  private int valueCount;

  /** Where the next run is. */
  private int runPosition;

  private int nextChunk;
  private int leftInRun;
  private int chunksTaken;

  /** A bit for each chunk that is in a run that was begun. */
  private long[] seen = {};

  private int bucketBefore;

  /** Where the last entry's chunk is in the block. */
  private int entryBefore;

  /** As {@link BlockPacker#unpack}. */
  @Nullable String unpack(byte[] source, int sourceBytes, byte[] target, int blockBytes) {
    LeafLayout leafLayout = LeafPacking.layoutOf(blockBytes);
    if (leafLayout == null) {
      return "a packed leaf of " + blockBytes + " bytes";
    }
    if (sourceBytes < PackedLeafLayout.HEADER_BYTES || sourceBytes >= blockBytes) {
      return "a leaf of " + blockBytes + " bytes packed in " + sourceBytes;
    }
    begin(source, sourceBytes, target, leafLayout);
    if (!header()) {
      return "the header of a packed leaf is damaged";
    }
    int entries = (short) SHORTS.get(packed, PackedLeafLayout.ENTRY_COUNT_OFFSET) & MASK_16;
    for (int i = 0; i < entries; i++) {
      if (!entry()) {
        return "entry " + i + " of " + entries + " of a packed leaf is damaged";
      }
    }
    if (position != entriesEnd) {
      return "the entries of a packed leaf end at " + position + " instead of " + entriesEnd;
    }
    if (!freeList() || runPosition != packedBytes) {
      return "the runs of a packed leaf are not those of all its chunks";
    }
    SHORTS.set(block, LeafLayout.ENTRY_COUNT_OFFSET, (short) entries);
    return null;
  }

  private void begin(byte[] source, int sourceBytes, byte[] target, LeafLayout leafLayout) {
    packed = source;
    packedBytes = sourceBytes;
    block = target;
    layout = leafLayout;
    position = PackedLeafLayout.HEADER_BYTES;
    nameLength = 0;
    leftInRun = 0;
    chunksTaken = 0;
    bucketBefore = NONE;
    int words = (leafLayout.chunkCount() + Long.SIZE - 1) / Long.SIZE;
    if (seen.length < words) {
      seen = new long[words];
    }
    Arrays.fill(seen, 0, words, 0);
  }

  private boolean header() {
    prefix = (long) LONGS.get(packed, PackedLeafLayout.PREFIX_OFFSET);
    prefixLength = packed[PackedLeafLayout.PREFIX_LENGTH_OFFSET] & 0xFF;
    entriesEnd = (int) INTS.get(packed, PackedLeafLayout.RUNS_OFFSET_OFFSET);
    runPosition = entriesEnd;
    int bucketBits = Integer.numberOfTrailingZeros(layout.bucketCount());
    if (entriesEnd < position
        || entriesEnd > packedBytes
        || prefixLength + bucketBits > Long.SIZE
        || prefix >>> prefixLength != 0) {
      return false;
    }
    Arrays.fill(block, 0, LeafLayout.HEADER_BYTES, (byte) 0);
    LONGS.set(block, LeafLayout.TYPE_OFFSET, LeafLayout.BLOCK_TYPE);
    LONGS.set(block, LeafLayout.PREFIX_OFFSET, prefix);
    INTS.set(block, LeafLayout.MAGIC_OFFSET, LeafLayout.MAGIC);
    SHORTS.set(block, LeafLayout.PREFIX_LENGTH_OFFSET, (short) prefixLength);
    block[LeafLayout.FLAGS_OFFSET] = packed[PackedLeafLayout.FLAGS_OFFSET];
    Arrays.fill(block, LeafLayout.BUCKETS_OFFSET, layout.chunkOffset(0), (byte) 0xFF);
    return true;
  }

  /** The next chunk in the order of the runs, or {@link #NONE}. */
  private int takeChunk() {
    if (leftInRun == 0 && !beginRun()) {
      return NONE;
    }
    int chunk = nextChunk;
    take(1);
    return chunk;
  }

  private boolean beginRun() {
    if (runPosition + PackedLeafLayout.RUN_BYTES > packedBytes) {
      return false;
    }
    nextChunk = (short) SHORTS.get(packed, runPosition) & MASK_16;
    leftInRun = packed[runPosition + PackedLeafLayout.RUN_COUNT_OFFSET] & 0xFF;
    runPosition += PackedLeafLayout.RUN_BYTES;
    int end = nextChunk + leftInRun;
    return leftInRun != 0 && end <= layout.chunkCount() && see(nextChunk, end);
  }

  /** Marks chunks as seen, a word of the marks at a time; false if one was seen before. */
  private boolean see(int from, int end) {
    for (int at = from; at < end; at = (at | Long.SIZE - 1) + 1) {
      long bits = -1L << at;
      int beyond = (at | Long.SIZE - 1) + 1 - end;
      if (beyond > 0) {
        bits &= -1L >>> beyond;
      }
      long word = seen[at >>> 6];
      if ((word & bits) != 0) {
        return false;
      }
      seen[at >>> 6] = word | bits;
    }
    return true;
  }

  private boolean entry() {
    int control = packed[position++];
    int hashBytes = 1 + (control & PackedLeafLayout.CONTROL_HASH_BYTES);
    long rest = Long.reverseBytes((long) LONGS.get(packed, position));
    rest &= -1L << (Long.SIZE - Byte.SIZE * hashBytes);
    position += hashBytes;
    if ((control & PackedLeafLayout.CONTROL_UNKNOWN) != 0
        || rest >>> prefixLength << prefixLength != rest
        || !shape(control)) {
      return false;
    }
    long cd = 0;
    if ((control & PackedLeafLayout.CONTROL_CD) != 0) {
      cd = (int) INTS.get(packed, position) & 0xFFFFFFFFL;
      position += Integer.BYTES;
    }
    int valueBytes = valueCount * (integerField & LeafLayout.INTEGER_BYTES_MASK);
    int valueChunks = LeafLayout.arrayChunks(valueBytes);
    if ((control & PackedLeafLayout.CONTROL_WHOLE_CHUNKS) != 0) {
      valueBytes = valueChunks * ARRAY_PAYLOAD_BYTES;
    }
    // Nothing was read yet that is beyond the packed bytes by more than the slack behind them.
    if (position + nameLength - 1 + valueBytes > entriesEnd) {
      return false;
    }
    int entry = takeChunk();
    long hash =
        (prefixLength == 0 ? 0 : prefix << (Long.SIZE - prefixLength)) | rest >>> prefixLength;
    if (entry == NONE || !link(entry, hash)) {
      return false;
    }
    int name = array(LeafLayout.arrayChunks(nameLength), nameLength - 1);
    int value = name == NONE ? NONE : array(valueChunks, valueBytes);
    if (value == NONE) {
      return false;
    }
    int at = layout.chunkOffset(entry);
    long first = (long) nameLength << 48 | (long) name << 32 | (long) CHAIN_END << 16;
    LONGS.set(block, at, first | (long) integerField << 8 | LeafLayout.TYPE_ENTRY);
    LONGS.set(
        block,
        at + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET,
        cd << 32 | (long) valueCount << 16 | value);
    LONGS.set(block, at + LeafLayout.ENTRY_HASH_OFFSET, hash);
    entryBefore = at;
    return true;
  }

  /** Reads the shape of the entry, if it has one of its own; false if there is none. */
  private boolean shape(int control) {
    if ((control & PackedLeafLayout.CONTROL_SAME_SHAPE) == 0) {
      integerField = packed[position++] & 0xFF;
      if ((control & PackedLeafLayout.CONTROL_WIDE_SHAPE) == 0) {
        nameLength = packed[position++] & 0xFF;
        valueCount = packed[position++] & 0xFF;
      } else {
        nameLength = (short) SHORTS.get(packed, position) & MASK_16;
        valueCount = (short) SHORTS.get(packed, position + Short.BYTES) & MASK_16;
        position += 2 * Short.BYTES;
      }
    }
    return nameLength != 0;
  }

  /** Puts an entry at the end of its bucket's chain; false if its bucket had its turn before. */
  private boolean link(int entry, long hash) {
    int bucket = layout.bucket(hash, prefixLength);
    if (bucket < bucketBefore) {
      return false;
    }
    int from =
        bucket == bucketBefore
            ? entryBefore + LeafLayout.ENTRY_NEXT_OFFSET
            : layout.bucketOffset(bucket);
    SHORTS.set(block, from, (short) entry);
    bucketBefore = bucket;
    return true;
  }

  /** Fills the chunks of an array; gives the first one. */
  private int array(int chunks, int bytes) {
    if (chunks == 0) {
      return CHAIN_END;
    }
    if (leftInRun == 0 && !beginRun()) {
      return NONE;
    }
    int first = nextChunk;
    int left = chunks;
    while (left > leftInRun) {
      // The array goes on in another run, so its last chunk here leads to that one's first.
      left -= leftInRun;
      int end = fill(leftInRun);
      if (!beginRun()) {
        return NONE;
      }
      SHORTS.set(block, end + LeafLayout.LINK_OFFSET, (short) nextChunk);
    }
    if (left > 1) {
      fill(left - 1);
    }
    fillLast(bytes - (chunks - 1) * ARRAY_PAYLOAD_BYTES);
    return first;
  }

  /**
   * Fills so many chunks of the run, each of which leads to the one behind it.
   *
   * @return where the last of them is in the block
   */
  private int fill(int chunks) {
    final byte[] from = packed;
    final byte[] to = block;
    int end = nextChunk + chunks;
    int at = layout.chunkOffset(nextChunk);
    int source = position;
    for (int next = nextChunk + 1; next <= end; next++) {
      long third = (long) LONGS.get(from, source + 15) & MASK_48;
      LONGS.set(to, at, (long) LONGS.get(from, source) << Byte.SIZE | LeafLayout.TYPE_ARRAY);
      LONGS.set(to, at + Long.BYTES, (long) LONGS.get(from, source + 7));
      LONGS.set(to, at + 2 * Long.BYTES, third | (long) next << 48);
      at += LeafLayout.CHUNK_BYTES;
      source += ARRAY_PAYLOAD_BYTES;
    }
    position = source;
    take(chunks);
    return at - LeafLayout.CHUNK_BYTES;
  }

  private void fillLast(int bytes) {
    int at = layout.chunkOffset(nextChunk);
    long start = word(position) & LeafPacking.lowBytes(bytes);
    long end = word(position + 15) & MASK_48 & LeafPacking.lowBytes(bytes - 15);
    LONGS.set(block, at, start << Byte.SIZE | LeafLayout.TYPE_ARRAY);
    LONGS.set(block, at + Long.BYTES, word(position + 7) & LeafPacking.lowBytes(bytes - 7));
    LONGS.set(block, at + 2 * Long.BYTES, end | (long) CHAIN_END << 48);
    position += bytes;
    take(1);
  }

  private void take(int chunks) {
    nextChunk += chunks;
    leftInRun -= chunks;
    chunksTaken += chunks;
  }

  private long word(int at) {
    return (long) LONGS.get(packed, at);
  }

  /** All chunks that no entry took. */
  private boolean freeList() {
    int count = layout.chunkCount() - chunksTaken;
    SHORTS.set(block, LeafLayout.FREE_COUNT_OFFSET, (short) count);
    int linkAt = LeafLayout.FREE_LIST_OFFSET;
    for (int left = count; left > 0; ) {
      if (leftInRun == 0 && !beginRun()) {
        return false;
      }
      int here = Math.min(leftInRun, left);
      int at = layout.chunkOffset(nextChunk);
      SHORTS.set(block, linkAt, (short) nextChunk);
      for (int next = nextChunk + 1; next <= nextChunk + here; next++) {
        LONGS.set(block, at, (long) LeafLayout.TYPE_FREE);
        LONGS.set(block, at + Long.BYTES, 0L);
        LONGS.set(block, at + 2 * Long.BYTES, (long) next << 48);
        at += LeafLayout.CHUNK_BYTES;
      }
      linkAt = at - LeafLayout.CHUNK_BYTES + LeafLayout.LINK_OFFSET;
      take(here);
      left -= here;
    }
    SHORTS.set(block, linkAt, (short) CHAIN_END);
    return true;
  }
}
