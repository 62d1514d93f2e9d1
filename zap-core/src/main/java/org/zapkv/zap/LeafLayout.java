// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * Where things are in a leaf, for one block size.
 *
 * <pre>
 * header, 48 bytes
 *  0        8        16       24    28     30      32      34     36    37        48
 * +--------+--------+--------+-----+------+-------+-------+------+-----+---------+
 * | type   | zero   | prefix |magic| free |entries|prefix |free  |flags| zero    |
 * | u64    |        | u64    | u32 | u16  |u16    |length |list  | u8  |         |
 * +--------+--------+--------+-----+------+-------+-------+------+-----+---------+
 * buckets: 2^(blockShift - 5) chunk ids, u16, 0xFFFF = empty
 * chunks, 24 bytes each:
 *          0    1       2      4      6      8      10     12    16           24
 *         +----+-------+------+------+------+------+------+-----+------------+
 * entry   |252 |integer|next  |name  |name  |value |value |cd   | hash       |
 *         |    |bytes  |      |chunk |length|chunk |count |u32  | u64        |
 *         +----+-------+------+------+------+------+------+-----+------------+
 * array   |251 | payload, 21 bytes                              22 next      |
 * free    |253 | zero, 21 bytes                                 22 next free |
 *         +----+------------------------------------------------+------------+
 * </pre>
 */
final class LeafLayout {
  static final long BLOCK_TYPE = 0x8000000000000000L;
  static final int MAGIC = 0x2AB1EAF;

  static final int TYPE_OFFSET = 0;
  static final int PREFIX_OFFSET = 16;
  static final int MAGIC_OFFSET = 24;
  static final int FREE_COUNT_OFFSET = 28;
  static final int ENTRY_COUNT_OFFSET = 30;
  static final int PREFIX_LENGTH_OFFSET = 32;
  static final int FREE_LIST_OFFSET = 34;
  static final int FLAGS_OFFSET = 36;
  static final int HEADER_BYTES = 48;
  static final int BUCKETS_OFFSET = HEADER_BYTES;

  /** The flag of a leaf whose chains are sorted by cd: set in objects with normflags only. */
  static final int FLAG_CD_SORTED = 1;

  /**
   * The flag of a leaf some of whose keys are, or were, in the overflow (see {@link Overflow}). Not
   * in OpenZFS's form.
   */
  static final int FLAG_OVERFLOW = 2;

  /** The flag of a leaf that belongs to the overflow itself. Not in OpenZFS's form. */
  static final int FLAG_IN_OVERFLOW = 4;

  static final int CHUNK_BYTES = 24;
  static final int CHUNK_TYPE_OFFSET = 0;
  static final int TYPE_ARRAY = 251;
  static final int TYPE_ENTRY = 252;
  static final int TYPE_FREE = 253;

  static final int ENTRY_INTEGER_BYTES_OFFSET = 1;

  /** The part of that field which is the size of an integer. */
  static final int INTEGER_BYTES_MASK = 0x0F;

  /**
   * The mark of an entry whose value is kept apart: in the overflow, under the same key; here it is
   * empty. Not in OpenZFS's form, as the next.
   */
  static final int MARK_APART = 0x80;

  /** The mark of an entry of the overflow that is only the value of an entry marked as apart. */
  static final int MARK_VALUE_OF_OTHER = 0x40;

  static final int ENTRY_NEXT_OFFSET = 2;
  static final int ENTRY_NAME_CHUNK_OFFSET = 4;
  static final int ENTRY_NAME_LENGTH_OFFSET = 6;
  static final int ENTRY_VALUE_CHUNK_OFFSET = 8;
  static final int ENTRY_VALUE_COUNT_OFFSET = 10;
  static final int ENTRY_CD_OFFSET = 12;
  static final int ENTRY_HASH_OFFSET = 16;

  static final int ARRAY_PAYLOAD_OFFSET = 1;
  static final int ARRAY_PAYLOAD_BYTES = 21;

  /** Of an array chunk and of a free chunk. */
  static final int LINK_OFFSET = 22;

  /** Ends a chain, and marks an empty bucket. */
  static final int CHAIN_END = 0xFFFF;

  static final int MIN_BLOCK_SHIFT = 9;
  static final int MAX_BLOCK_SHIFT = 20;

  private static final int BYTES_PER_BUCKET_SHIFT = 5;
  private static final LeafLayout[] BY_SHIFT = new LeafLayout[MAX_BLOCK_SHIFT + 1];

  static {
    for (int shift = MIN_BLOCK_SHIFT; shift <= MAX_BLOCK_SHIFT; shift++) {
      BY_SHIFT[shift] = new LeafLayout(shift);
    }
  }

  private final int blockSizeBytes;
  private final int bucketShift;
  private final int chunksOffset;
  private final int chunkCount;
  private final int chunkIdBits;
  private final int bucketMask;
  private final int chunkIdMask;

  private LeafLayout(int blockShift) {
    this.blockSizeBytes = 1 << blockShift;
    this.bucketShift = blockShift - BYTES_PER_BUCKET_SHIFT;
    int bucketBytes = Short.BYTES << bucketShift;
    this.chunksOffset = BUCKETS_OFFSET + bucketBytes;
    this.chunkCount = (blockSizeBytes - bucketBytes) / CHUNK_BYTES - HEADER_BYTES / CHUNK_BYTES;
    this.bucketMask = (1 << bucketShift) - 1;
    this.chunkIdBits = Integer.SIZE - Integer.numberOfLeadingZeros(chunkCount - 1);
    this.chunkIdMask = (1 << chunkIdBits) - 1;
  }

  /** The layout of leaves of 2^blockShift bytes, 9 to 20. */
  static LeafLayout of(int blockShift) {
    return BY_SHIFT[blockShift];
  }

  int blockSizeBytes() {
    return blockSizeBytes;
  }

  int bucketCount() {
    return 1 << bucketShift;
  }

  /** What is left of a number of more bits is the number of a bucket. */
  int bucketMask() {
    return bucketMask;
  }

  int chunkCount() {
    return chunkCount;
  }

  /** How many bits the ids of chunks take: 16 or less. */
  int chunkIdBits() {
    return chunkIdBits;
  }

  /** What is left of a number of more bits is the id of a chunk. */
  int chunkIdMask() {
    return chunkIdMask;
  }

  /** The bucket of a hash: the bits right below the leaf's prefix. */
  int bucket(long hash, int prefixLength) {
    return (int) (hash >>> bucketShift(prefixLength)) & bucketMask;
  }

  /** How many bits of a hash are below those that choose the bucket. */
  int bucketShift(int prefixLength) {
    return Long.SIZE - bucketShift - prefixLength;
  }

  /** The offset of a bucket's head in the block, in bytes. */
  int bucketOffset(int bucket) {
    return BUCKETS_OFFSET + bucket * Short.BYTES;
  }

  /** The offset of a chunk in the block, in bytes. */
  int chunkOffset(int chunk) {
    return chunksOffset + chunk * CHUNK_BYTES;
  }

  /** How many chunks an array of this many bytes takes: none when it is empty. */
  static int arrayChunks(int bytes) {
    return (bytes + ARRAY_PAYLOAD_BYTES - 1) / ARRAY_PAYLOAD_BYTES;
  }

  /** How many chunks an entry takes. */
  static int entryChunks(int nameBytes, int valueBytes) {
    return 1 + arrayChunks(nameBytes) + arrayChunks(valueBytes);
  }
}
