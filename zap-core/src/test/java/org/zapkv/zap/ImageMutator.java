// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/**
 * Damages images: blindly, and where it does most harm, as it knows the format. What comes out of
 * one seed is always the same.
 */
final class ImageMutator {
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int HEADER_WORDS = 14;
  private static final int[] BYTES = {0, 0xFF, 0x7F, 0x80, 1, 251, 252, 253};
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFE,
    LeafLayout.CHAIN_END,
    0x10000,
    0x7FFFFFFFL,
    0x80000000L,
    0xFFFFFFFEL,
    0xFFFFFFFFL,
    1L << 32,
    1L << 40,
    1L << 48,
    1L << 61,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -2,
    -1
  };

  /** A leaf's fields: offset and length in bytes. */
  private static final int[][] LEAF_FIELDS = {
    {LeafLayout.TYPE_OFFSET, 8},
    {LeafLayout.PREFIX_OFFSET, 8},
    {LeafLayout.MAGIC_OFFSET, 4},
    {LeafLayout.FREE_COUNT_OFFSET, 2},
    {LeafLayout.ENTRY_COUNT_OFFSET, 2},
    {LeafLayout.PREFIX_LENGTH_OFFSET, 2},
    {LeafLayout.FREE_LIST_OFFSET, 2},
    {LeafLayout.FLAGS_OFFSET, 1}
  };

  /** An entry's fields: offset and length in bytes; the first is any chunk's type. */
  private static final int[][] ENTRY_FIELDS = {
    {LeafLayout.CHUNK_TYPE_OFFSET, 1},
    {LeafLayout.ENTRY_INTEGER_BYTES_OFFSET, 1},
    {LeafLayout.ENTRY_NEXT_OFFSET, 2},
    {LeafLayout.ENTRY_NAME_CHUNK_OFFSET, 2},
    {LeafLayout.ENTRY_NAME_LENGTH_OFFSET, 2},
    {LeafLayout.ENTRY_VALUE_CHUNK_OFFSET, 2},
    {LeafLayout.ENTRY_VALUE_COUNT_OFFSET, 2},
    {LeafLayout.ENTRY_CD_OFFSET, 4},
    {LeafLayout.ENTRY_HASH_OFFSET, 8}
  };

  private static final int[][] MICRO_FIELDS = {
    {MicroLayout.ENTRY_VALUE_OFFSET, 8},
    {MicroLayout.ENTRY_CD_OFFSET, 4},
    {MicroLayout.ENTRY_NAME_OFFSET, 1}
  };

  private final Random random;
  private final boolean micro;
  private byte[] image;
  private int blockSize;
  private long extraBlocks;

  /** A mutator of one image. */
  ImageMutator(MutationBase base, Random random) {
    this.random = random;
    this.image = base.image().clone();
    this.blockSize = base.blockSize();
    this.micro = isMicroNow();
  }

  byte[] image() {
    return image;
  }

  int blockSize() {
    return blockSize;
  }

  /** The length that the object says it has, which may be more than it is. */
  long blockCount() {
    return blocks() + extraBlocks;
  }

  /** Whether the keys are 64-bit words, as far as the image says. */
  boolean hasWordKeys() {
    return !isMicroNow()
        && image.length > FatHeaderLayout.FLAGS_OFFSET + Long.BYTES
        && ZapName.isUint64(isSwapped() ? Long.reverseBytes(flagsWord()) : flagsWord());
  }

  /** Whether the image says that there is an overflow. */
  boolean hasOverflow() {
    return !isMicroNow()
        && image.length > FatHeaderLayout.OVERFLOW_BLOCK_OFFSET + Long.BYTES
        && (long) LONGS.get(image, FatHeaderLayout.OVERFLOW_BLOCK_OFFSET) != 0;
  }

  private long flagsWord() {
    return (long) LONGS.get(image, FatHeaderLayout.FLAGS_OFFSET);
  }

  private boolean isSwapped() {
    return (long) LONGS.get(image, 0) == Long.reverseBytes(FatHeaderLayout.BLOCK_TYPE);
  }

  private boolean isMicroNow() {
    long type = (long) LONGS.get(image, 0);
    return type == MicroLayout.BLOCK_TYPE || type == Long.reverseBytes(MicroLayout.BLOCK_TYPE);
  }

  private int blocks() {
    return image.length / blockSize;
  }

  /** Damages the image, mostly in one place. */
  void mutate() {
    int times = random.nextInt(3) == 0 ? 2 + random.nextInt(4) : 1;
    for (int i = 0; i < times; i++) {
      mutateOnce();
    }
    if (random.nextInt(25) == 0) {
      shape();
    }
  }

  private void mutateOnce() {
    int kind = random.nextInt(20);
    if (kind == 0) {
      image[random.nextInt(image.length)] ^= (byte) (1 << random.nextInt(8));
    } else if (kind == 1) {
      image[random.nextInt(image.length)] = (byte) BYTES[random.nextInt(BYTES.length)];
    } else if (kind == 2) {
      int length = 1 << random.nextInt(4);
      setNumber(random.nextInt(image.length / length) * length, length);
    } else if (micro) {
      micro();
    } else if (kind < 7) {
      setNumber(Long.BYTES * random.nextInt(HEADER_WORDS), Long.BYTES);
    } else if (kind < 9) {
      pointer();
    } else if (kind < 10) {
      wholeBlock();
    } else {
      leaf();
    }
  }

  private void micro() {
    int slots = MicroLayout.slotCount(blockSize);
    int at = MicroLayout.entryOffset(random.nextInt(Math.max(1, slots)));
    if (at + MicroLayout.ENTRY_BYTES > image.length || random.nextInt(6) == 0) {
      setNumber(Long.BYTES * random.nextInt(8), Long.BYTES);
    } else if (random.nextInt(4) == 0) {
      int from = MicroLayout.entryOffset(random.nextInt(slots));
      System.arraycopy(image, from, image, at, MicroLayout.ENTRY_BYTES);
    } else if (random.nextInt(3) == 0) {
      int name = at + MicroLayout.ENTRY_NAME_OFFSET;
      Arrays.fill(image, name + random.nextInt(50), at + MicroLayout.ENTRY_BYTES, (byte) 'z');
    } else {
      field(at, MICRO_FIELDS);
    }
  }

  private void field(int at, int[][] fields) {
    int[] field = fields[random.nextInt(fields.length)];
    setNumber(at + field[0], field[1]);
  }

  private void setNumber(int at, int length) {
    if (at + length > image.length) {
      return;
    }
    switch (length) {
      case 1 -> image[at] = (byte) number(image[at]);
      case 2 -> SHORTS.set(image, at, (short) number((short) SHORTS.get(image, at)));
      case 4 -> INTS.set(image, at, (int) number((int) INTS.get(image, at)));
      default -> LONGS.set(image, at, number((long) LONGS.get(image, at)));
    }
  }

  private long number(long before) {
    return switch (random.nextInt(8)) {
      case 0, 1 -> NUMBERS[random.nextInt(NUMBERS.length)];
      case 2 -> before + 1;
      case 3 -> before - 1;
      case 4 -> before ^ 1L << random.nextInt(Long.SIZE);
      case 5 -> random.nextLong();
      case 6 -> random.nextInt(blocks() + 2);
      default -> random.nextBoolean() ? before << 1 : before >>> 1;
    };
  }

  /** Damages an entry of a pointer table: the embedded one, or one in a block that is no leaf. */
  private void pointer() {
    int block = random.nextInt(blocks());
    if (block == 0 || isLeaf(block)) {
      int half = image.length < blockSize ? 0 : blockSize / 2;
      pointer(half + Long.BYTES * random.nextInt(Math.max(1, half / Long.BYTES)));
    } else {
      pointer(block * blockSize + Long.BYTES * random.nextInt(blockSize / Long.BYTES));
    }
  }

  private void pointer(int at) {
    if (random.nextBoolean() && at + 2 * Long.BYTES <= image.length) {
      System.arraycopy(image, at + Long.BYTES, image, at, Long.BYTES);
    } else {
      setNumber(at, Long.BYTES);
    }
  }

  private boolean isLeaf(int block) {
    return (long) LONGS.get(image, block * blockSize) == LeafLayout.BLOCK_TYPE;
  }

  private void wholeBlock() {
    int block = random.nextInt(blocks()) * blockSize;
    int other = random.nextInt(blocks()) * blockSize;
    switch (random.nextInt(3)) {
      case 0 -> Arrays.fill(image, block, block + blockSize, (byte) 0);
      case 1 -> System.arraycopy(image, other, image, block, blockSize);
      default -> {
        byte[] kept = Arrays.copyOfRange(image, block, block + blockSize);
        System.arraycopy(image, other, image, block, blockSize);
        System.arraycopy(kept, 0, image, other, blockSize);
      }
    }
  }

  private void leaf() {
    int block = random.nextInt(blocks());
    for (int i = 0; i < 8 && !isLeaf(block); i++) {
      block = random.nextInt(blocks());
    }
    if (!isLeaf(block) || Integer.bitCount(blockSize) != 1) {
      return;
    }
    int start = block * blockSize;
    LeafLayout layout = LeafLayout.of(Integer.numberOfTrailingZeros(blockSize));
    switch (random.nextInt(11)) {
      case 0 -> field(start, LEAF_FIELDS);
      case 1 -> bucket(start, layout);
      case 2 -> field(start + usedChunk(start, layout), ENTRY_FIELDS);
      case 3 -> setNumber(start + usedChunk(start, layout) + LeafLayout.LINK_OFFSET, 2);
      case 4 -> copyChunk(start, layout);
      case 5 -> reorder(start, layout);
      case 6 -> reshape(start + usedChunk(start, layout));
      case 7 -> nest(block, layout);
      case 8 -> unlink(start, layout);
      case 9 -> twin(start, layout);
      default -> cross(start, layout);
    }
  }

  private void bucket(int start, LeafLayout layout) {
    int at = start + layout.bucketOffset(random.nextInt(layout.bucketCount()));
    int other = start + layout.bucketOffset(random.nextInt(layout.bucketCount()));
    if (random.nextBoolean()) {
      SHORTS.set(image, at, (short) SHORTS.get(image, other));
    } else {
      SHORTS.set(image, at, (short) random.nextInt(layout.chunkCount() + 1));
    }
  }

  /** The offset of a chunk in its leaf: mostly one that is in use. */
  private int usedChunk(int start, LeafLayout layout) {
    int chunk = random.nextInt(layout.chunkCount());
    for (int i = 0; i < 20; i++) {
      int type = image[start + layout.chunkOffset(chunk)] & 0xFF;
      if (type == LeafLayout.TYPE_ENTRY || (i > 12 && type == LeafLayout.TYPE_ARRAY)) {
        break;
      }
      chunk = random.nextInt(layout.chunkCount());
    }
    return layout.chunkOffset(chunk);
  }

  private void copyChunk(int start, LeafLayout layout) {
    int from = start + usedChunk(start, layout);
    int to = start + usedChunk(start, layout);
    System.arraycopy(image, from, image, to, LeafLayout.CHUNK_BYTES);
  }

  /** Makes a chain run into another, or into itself. */
  private void cross(int start, LeafLayout layout) {
    int chunk = start + usedChunk(start, layout);
    int target = (usedChunk(start, layout) - layout.chunkOffset(0)) / LeafLayout.CHUNK_BYTES;
    boolean isEntry = (image[chunk] & 0xFF) == LeafLayout.TYPE_ENTRY;
    int offset = isEntry ? LeafLayout.ENTRY_NEXT_OFFSET : LeafLayout.LINK_OFFSET;
    if (isEntry && random.nextBoolean()) {
      offset =
          random.nextBoolean()
              ? LeafLayout.ENTRY_NAME_CHUNK_OFFSET
              : LeafLayout.ENTRY_VALUE_CHUNK_OFFSET;
    }
    SHORTS.set(image, chunk + offset, (short) target);
  }

  /** Takes the first entry of a chain to its second place, which is no damage in plain maps. */
  private void reorder(int start, LeafLayout layout) {
    for (int bucket = 0; bucket < layout.bucketCount(); bucket++) {
      int head = start + layout.bucketOffset(bucket);
      int first = chunkAt(start, layout, head);
      int second = first < 0 ? -1 : chunkAt(start, layout, first + LeafLayout.ENTRY_NEXT_OFFSET);
      if (second >= 0) {
        short firstId = (short) SHORTS.get(image, head);
        SHORTS.set(image, head, (short) SHORTS.get(image, first + LeafLayout.ENTRY_NEXT_OFFSET));
        SHORTS.set(
            image,
            first + LeafLayout.ENTRY_NEXT_OFFSET,
            (short) SHORTS.get(image, second + LeafLayout.ENTRY_NEXT_OFFSET));
        SHORTS.set(image, second + LeafLayout.ENTRY_NEXT_OFFSET, firstId);
      }
    }
  }

  /** Takes the first entries out of their chains and out of the count, but not out of the leaf. */
  private void unlink(int start, LeafLayout layout) {
    int unlinked = 0;
    for (int bucket = 0; bucket < layout.bucketCount() && unlinked < 3; bucket++) {
      int head = start + layout.bucketOffset(bucket);
      int entry = chunkAt(start, layout, head);
      if (entry >= 0) {
        SHORTS.set(image, head, (short) SHORTS.get(image, entry + LeafLayout.ENTRY_NEXT_OFFSET));
        unlinked++;
      }
    }
    add(start + LeafLayout.ENTRY_COUNT_OFFSET, -unlinked);
  }

  private void add(int field, int delta) {
    SHORTS.set(image, field, (short) ((short) SHORTS.get(image, field) + delta));
  }

  /** Adds an entry with the name of another, in chunks of its own. */
  private void twin(int start, LeafLayout layout) {
    int entry = start + usedChunk(start, layout);
    int name = chunkAt(start, layout, entry + LeafLayout.ENTRY_NAME_CHUNK_OFFSET);
    boolean isEntry = (image[entry] & 0xFF) == LeafLayout.TYPE_ENTRY;
    if (!isEntry
        || name < 0
        || (short) SHORTS.get(image, name + LeafLayout.LINK_OFFSET) != -1
        || (short) SHORTS.get(image, start + LeafLayout.FREE_COUNT_OFFSET) < 2) {
      return;
    }
    int twinId = (short) SHORTS.get(image, start + LeafLayout.FREE_LIST_OFFSET) & 0xFFFF;
    int twin = takeFree(start, layout);
    int nameId = (short) SHORTS.get(image, start + LeafLayout.FREE_LIST_OFFSET) & 0xFFFF;
    int twinName = takeFree(start, layout);
    if (twin < 0 || twinName < 0) {
      return;
    }
    System.arraycopy(image, entry, image, twin, LeafLayout.CHUNK_BYTES);
    System.arraycopy(image, name, image, twinName, LeafLayout.CHUNK_BYTES);
    SHORTS.set(image, twin + LeafLayout.ENTRY_NAME_CHUNK_OFFSET, (short) nameId);
    SHORTS.set(image, twin + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET, (short) -1);
    SHORTS.set(image, twin + LeafLayout.ENTRY_VALUE_COUNT_OFFSET, (short) 0);
    INTS.set(image, twin + LeafLayout.ENTRY_CD_OFFSET, 77);
    SHORTS.set(image, entry + LeafLayout.ENTRY_NEXT_OFFSET, (short) twinId);
    add(start + LeafLayout.ENTRY_COUNT_OFFSET, 1);
  }

  private int takeFree(int start, LeafLayout layout) {
    int chunk = chunkAt(start, layout, start + LeafLayout.FREE_LIST_OFFSET);
    if (chunk >= 0) {
      SHORTS.set(
          image,
          start + LeafLayout.FREE_LIST_OFFSET,
          (short) SHORTS.get(image, chunk + LeafLayout.LINK_OFFSET));
      add(start + LeafLayout.FREE_COUNT_OFFSET, -1);
    }
    return chunk;
  }

  /** Where the chunk is that a field names; -1 when it names none. */
  private int chunkAt(int start, LeafLayout layout, int field) {
    int chunk = (short) SHORTS.get(image, field) & 0xFFFF;
    return chunk < layout.chunkCount() ? start + layout.chunkOffset(chunk) : -1;
  }

  /** Has the same bytes as integers of another size, which is no damage if they are whole. */
  private void reshape(int entry) {
    int bytes =
        ((short) SHORTS.get(image, entry + LeafLayout.ENTRY_VALUE_COUNT_OFFSET) & 0xFFFF)
            * image[entry + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET];
    int integerBytes = 1 << random.nextInt(4);
    image[entry + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET] = (byte) integerBytes;
    SHORTS.set(image, entry + LeafLayout.ENTRY_VALUE_COUNT_OFFSET, (short) (bytes / integerBytes));
  }

  /**
   * Gives half of a leaf's pointers to an empty leaf in a new block, as a split does, but leaves
   * the old leaf as it is: each of the two alone is right.
   */
  private void nest(int block, LeafLayout layout) {
    int pointers = blockSize / 2;
    int run = 0;
    while (pointers + Long.BYTES <= blockSize && (long) LONGS.get(image, pointers) != block) {
      pointers += Long.BYTES;
    }
    while (pointers + Long.BYTES * (run + 1) <= blockSize
        && (long) LONGS.get(image, pointers + Long.BYTES * run) == block) {
      run++;
    }
    if (run < 2 || Integer.bitCount(run) != 1) {
      return;
    }
    int added = blocks();
    image = Arrays.copyOf(image, image.length + blockSize);
    for (int i = run / 2; i < run; i++) {
      LONGS.set(image, pointers + Long.BYTES * i, (long) added);
    }
    LONGS.set(image, FatHeaderLayout.FREE_BLOCK_OFFSET, (long) added + 1);
    LONGS.set(
        image,
        FatHeaderLayout.LEAF_COUNT_OFFSET,
        1 + (long) LONGS.get(image, FatHeaderLayout.LEAF_COUNT_OFFSET));
    emptyLeaf(block * blockSize, added * blockSize, layout);
  }

  /** An empty leaf for the upper half of what another one covers. */
  private void emptyLeaf(int from, int to, LeafLayout layout) {
    System.arraycopy(image, from, image, to, LeafLayout.HEADER_BYTES);
    int chunks = layout.chunkCount();
    long prefix = (long) LONGS.get(image, from + LeafLayout.PREFIX_OFFSET);
    int length = (short) SHORTS.get(image, from + LeafLayout.PREFIX_LENGTH_OFFSET);
    LONGS.set(image, to + LeafLayout.PREFIX_OFFSET, prefix << 1 | 1);
    SHORTS.set(image, to + LeafLayout.PREFIX_LENGTH_OFFSET, (short) (length + 1));
    SHORTS.set(image, to + LeafLayout.FREE_COUNT_OFFSET, (short) chunks);
    SHORTS.set(image, to + LeafLayout.ENTRY_COUNT_OFFSET, (short) 0);
    SHORTS.set(image, to + LeafLayout.FREE_LIST_OFFSET, (short) 0);
    Arrays.fill(
        image,
        to + layout.bucketOffset(0),
        to + layout.bucketOffset(layout.bucketCount()),
        (byte) -1);
    for (int chunk = 0; chunk < chunks; chunk++) {
      int at = to + layout.chunkOffset(chunk);
      image[at] = (byte) LeafLayout.TYPE_FREE;
      SHORTS.set(image, at + LeafLayout.LINK_OFFSET, (short) (chunk + 1 < chunks ? chunk + 1 : -1));
    }
  }

  /** Changes the object's length or its block size. */
  private void shape() {
    switch (random.nextInt(5)) {
      case 0 -> image = Arrays.copyOf(image, (1 + random.nextInt(blocks())) * blockSize);
      case 1 -> image = Arrays.copyOf(image, (blocks() + 1 + random.nextInt(3)) * blockSize);
      case 2 -> extraBlocks = random.nextInt(1000);
      case 3 -> extraBlocks = 1L << random.nextInt(36);
      default -> {
        int size = random.nextBoolean() ? 512 << random.nextInt(6) : 512 * (1 + random.nextInt(9));
        if (size <= image.length) {
          blockSize = size;
        }
      }
    }
  }
}
