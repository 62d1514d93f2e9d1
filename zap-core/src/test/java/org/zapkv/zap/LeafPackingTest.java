// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.pool.BlockPacker;

/** A packed leaf comes back just as it was, or it is not packed; damage is told, or harmless. */
@Tag("once") // It is long, and runs on dirty memory.
class LeafPackingTest {
  private static final LeafPacking PACKING = LeafPacking.instance();
  private static final byte GARBAGE = 0x5A;

  /** One for all: nothing of one leaf must show in the next. */
  private final BlockPacker packer = PACKING.newPacker();

  private static boolean isLeaf(byte[] block) {
    return PACKING.isFor(ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
  }

  private static List<byte[]> leaves(byte[] image, int blockBytes) {
    List<byte[]> leaves = new ArrayList<>();
    for (int at = 0; at + blockBytes <= image.length; at += blockBytes) {
      byte[] block = Arrays.copyOfRange(image, at, at + blockBytes);
      if (isLeaf(block)) {
        leaves.add(block);
      }
    }
    return leaves;
  }

  private static byte[] garbage(int bytes) {
    byte[] garbage = new byte[bytes];
    Arrays.fill(garbage, GARBAGE);
    return garbage;
  }

  /** The packed bytes; null if it is not packed. */
  private byte @Nullable [] pack(byte[] block) {
    byte[] packed = garbage(PACKING.capacityBytes(block.length));
    byte[] present = block.clone();
    int bytes = packer.pack(block, block.length, packed);
    assertArrayEquals(present, block);
    assertTrue(bytes < block.length, () -> "packed in " + bytes);
    return bytes == BlockPacker.NOT_PACKED ? null : Arrays.copyOf(packed, bytes);
  }

  /** The block; null if the packed bytes are refused. */
  private byte @Nullable [] unpack(byte[] packed, int blockBytes, byte before) {
    byte[] source = new byte[PACKING.capacityBytes(blockBytes)];
    Arrays.fill(source, before);
    System.arraycopy(packed, 0, source, 0, packed.length);
    byte[] target = new byte[blockBytes + 100];
    Arrays.fill(target, before);
    String problem = packer.unpack(source, packed.length, target, blockBytes);
    for (int at = blockBytes; at < target.length; at++) {
      assertEquals(before, target[at], "written beyond the block");
    }
    return problem == null ? Arrays.copyOf(target, blockBytes) : null;
  }

  /** Whether it is packed; then it comes back as it was. */
  private boolean comesBack(byte[] block) {
    byte[] packed = pack(block);
    if (packed == null) {
      return false;
    }
    assertArrayEquals(block, unpack(packed, block.length, GARBAGE));
    return true;
  }

  private int packsAll(byte[] image, int blockBytes) {
    List<byte[]> leaves = leaves(image, blockBytes);
    for (byte[] leaf : leaves) {
      assertTrue(comesBack(leaf));
    }
    return leaves.size();
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 11, 12, 13, 14})
  void everyLeafOfAMapComesBack(int blockShift) {
    Seeds.run(
        random -> {
          ZapParameters parameters = ZapParameters.DEFAULT.withFatBlockShift(blockShift);
          try (TestMap map = TestMap.createFat(parameters)) {
            int leaves = 0;
            for (int round = 0; round < 12; round++) {
              boolean shrinking = round % 4 == 3;
              for (int i = 0; i < 150; i++) {
                change(map, random, shrinking ? 7 : 2);
              }
              leaves += packsAll(map.image(), 1 << blockShift);
            }
            assertTrue(leaves >= 12);
          }
        });
  }

  private static void change(TestMap map, Random random, int removals) {
    byte[] key = TestMap.key("k".repeat(random.nextInt(3) * 15) + random.nextInt(400));
    if (random.nextInt(10) < removals) {
      map.remove(key);
    } else {
      int integerBytes = 1 << random.nextInt(4);
      byte[] value = new byte[random.nextInt(120) / integerBytes * integerBytes];
      random.nextBytes(value);
      map.put(key, new ZapValue(integerBytes, value));
    }
  }

  @Test
  void variantsComeBack() {
    ZapParameters parameters =
        ZapParameters.DEFAULT
            .withFatBlockShift(12)
            .withNormalization(
                new Normalization(Normalization.LetterCase.UPPER, Normalization.Form.NFC));
    try (TestMap map = TestMap.createFat(parameters)) {
      for (int i = 0; i < 200; i++) {
        map.put(TestMap.key("name" + i), ZapValue.ofLong(i));
        map.put(TestMap.key("Name" + i), ZapValue.ofLong(i));
        map.put(TestMap.key("NAME" + i), ZapValue.ofLong(i));
      }
      assertTrue(packsAll(map.image(), 1 << 12) > 5);
    }
  }

  /** Of every kind of map there is: those with words for keys need not be packed. */
  @Test
  void leavesOfAllKindsComeBackOrAreLeftAlone() {
    for (MutationBase base : MutationBase.all()) {
      boolean isSwapped = base.name().endsWith("swapped");
      boolean hasWords = ZapName.isUint64(base.parameters().flags());
      for (byte[] leaf : leaves(base.image(), base.blockSize())) {
        boolean isPacked = comesBack(leaf);
        assertTrue(isPacked || hasWords || isSwapped, base::name);
      }
    }
  }

  @Test
  void leavesOfOpenZfsComeBackOrAreLeftAlone() {
    int packed = 0;
    for (Fixture fixture : Fixture.all()) {
      for (byte[] leaf : leaves(fixture.image(), (int) fixture.number("block_size"))) {
        boolean isPacked = comesBack(leaf);
        assertTrue(isPacked || ZapName.isUint64(fixture.parameters().flags()), fixture::name);
        packed += isPacked ? 1 : 0;
      }
    }
    assertTrue(packed > 10);
  }

  /** What an in-place update left behind a shorter value is kept too. */
  @Test
  void whatIsBehindAValueComesBack() {
    try (TestMap map = TestMap.createFat(ZapParameters.DEFAULT.withFatBlockShift(10))) {
      map.put(TestMap.key("key"), ZapValue.ofBytes(new byte[50]));
      byte[] leaf = leaves(map.image(), 1 << 10).get(0);
      byte[] changed = leaf.clone();
      LeafLayout layout = LeafLayout.of(10);
      for (int chunk = 0; chunk < layout.chunkCount(); chunk++) {
        int at = layout.chunkOffset(chunk);
        boolean isLast = changed[at + 22] == -1 && changed[at + 23] == -1;
        // The name has 4 bytes, and nothing but zeros behind them; the value ends with 8.
        if (changed[at] == (byte) LeafLayout.TYPE_ARRAY && isLast && changed[at + 1] == 0) {
          changed[at + 15] = 7;
        }
      }
      assertNotEquals(Arrays.hashCode(leaf), Arrays.hashCode(changed));
      assertTrue(comesBack(changed));
    }
  }

  @Test
  void aPackedLeafTakesWhatItsEntriesTake() {
    try (TestMap map = TestMap.createFat(ZapParameters.DEFAULT)) {
      for (int i = 0; i < 60; i++) {
        map.put(TestMap.key(String.format("key of 16 b %04d", i)), ZapValue.ofBytes(new byte[100]));
      }
      byte[] packed = assertNotNullBytes(pack(leaves(map.image(), 1 << 14).get(0)));
      assertTrue(packed.length < 60 * (16 + 100 + 8) + 64, () -> "packed in " + packed.length);
    }
  }

  private static byte[] assertNotNullBytes(byte @Nullable [] bytes) {
    assertNotNull(bytes);
    return bytes;
  }

  @Test
  void damagedLeavesComeBackOrAreLeftAlone() {
    Seeds.run(
        random -> {
          int packed = 0;
          List<MutationBase> bases = MutationBase.all();
          for (int round = 0; round < 1000; round++) {
            MutationBase base = bases.get(round % Math.min(bases.size(), 12));
            ImageMutator mutator = new ImageMutator(base, random);
            mutator.mutate();
            for (byte[] leaf : leaves(mutator.image(), mutator.blockSize())) {
              packed += comesBack(leaf) ? 1 : 0;
            }
          }
          assertTrue(packed > 100, "packed " + packed);
        });
  }

  /** A block comes of them that hangs together and depends on nothing else, or none at all. */
  @Test
  void damagedPackedBytesAreRefusedOrMakeABlock() {
    Seeds.run(
        random -> {
          int refused = 0;
          for (MutationBase base : MutationBase.all().subList(0, 12)) {
            for (byte[] leaf : leaves(base.image(), base.blockSize())) {
              byte[] packed = pack(leaf);
              for (int i = 0; packed != null && i < 100; i++) {
                refused += isRefused(damage(packed, leaf.length, random), leaf.length) ? 1 : 0;
              }
            }
          }
          assertTrue(refused > 300, "refused " + refused);
        });
  }

  private boolean isRefused(byte[] packed, int blockBytes) {
    byte[] block = unpack(packed, blockBytes, GARBAGE);
    assertArrayEquals(block, unpack(packed, blockBytes, (byte) 0));
    assertTrue(block == null || comesBack(block));
    return block == null;
  }

  private static byte[] damage(byte[] packed, int blockBytes, Random random) {
    byte[] damaged =
        switch (random.nextInt(8)) {
          case 0 -> Arrays.copyOf(packed, random.nextInt(packed.length));
          case 1 -> Arrays.copyOf(packed, Math.min(blockBytes - 1, packed.length + 3));
          case 2 -> new byte[random.nextInt(blockBytes)];
          default -> packed.clone();
        };
    for (int i = random.nextInt(4); damaged.length > 0 && i >= 0; i--) {
      // Half of it in the fields that come first, and in the runs.
      int near = Math.min(damaged.length, 30);
      int at =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(near);
            case 1 -> damaged.length - 1 - random.nextInt(near);
            default -> random.nextInt(damaged.length);
          };
      damaged[at] = (byte) (random.nextBoolean() ? random.nextInt() : damaged[at] ^ 1 << i);
    }
    return damaged;
  }

  @Test
  void nothingMayBeBetweenTheEntriesAndTheRuns() {
    try (TestMap map = TestMap.createFat(ZapParameters.DEFAULT)) {
      map.putAll(0, 10);
      byte[] packed = assertNotNullBytes(pack(leaves(map.image(), 1 << 14).get(0)));
      int runs = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
      byte[] longer = Arrays.copyOf(packed, packed.length + 1);
      System.arraycopy(packed, runs, longer, runs + 1, packed.length - runs);
      ByteBuffer.wrap(longer).order(ByteOrder.LITTLE_ENDIAN).putInt(8, runs + 1);
      assertNull(unpack(longer, 1 << 14, GARBAGE));
    }
  }

  @Test
  void blocksOfOtherSizesAreNoLeaves() {
    byte[] block = new byte[1536];
    ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).putLong(0, LeafLayout.BLOCK_TYPE);
    assertNull(pack(block));
    assertNull(unpack(new byte[100], block.length, GARBAGE));
  }

  /** What is in a packed leaf, by the numbers in the document. */
  @Test
  void theLayoutIsThatOfTheDocument() {
    assertEquals(8, PackedLeafLayout.RUNS_OFFSET_OFFSET);
    assertEquals(12, PackedLeafLayout.ENTRY_COUNT_OFFSET);
    assertEquals(14, PackedLeafLayout.PREFIX_LENGTH_OFFSET);
    assertEquals(15, PackedLeafLayout.FLAGS_OFFSET);
    assertEquals(16, PackedLeafLayout.HEADER_BYTES);
    assertEquals(3, PackedLeafLayout.RUN_BYTES);
    // All of a leaf is header, buckets and chunks: there is nothing else to be packed.
    for (int shift = LeafLayout.MIN_BLOCK_SHIFT; shift <= LeafLayout.MAX_BLOCK_SHIFT; shift++) {
      LeafLayout layout = LeafLayout.of(shift);
      assertEquals(layout.blockSizeBytes(), layout.chunkOffset(layout.chunkCount()));
    }
  }
}
