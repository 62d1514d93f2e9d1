// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/** What is proved to be sound, the checker has nothing against; and ordinary leaves are proved. */
class LeafProofTest {
  private static final int MUTANTS = 60;

  private final BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
  private int proved;
  private int unproved;

  @AfterEach
  void close() {
    cache.close();
  }

  @Test
  void nothingThatIsDamagedIsProved() {
    Seeds.run(
        random -> {
          for (MutationBase base : MutationBase.all()) {
            if (isFat(base.image())) {
              compare(base, base.image(), new byte[base.image().length]);
              for (int i = 0; i < MUTANTS; i++) {
                ImageMutator mutator = new ImageMutator(base, random);
                mutator.mutate();
                if (mutator.image().length == base.image().length) {
                  compare(base, mutator.image(), base.image());
                }
              }
            }
          }
        });
    assertTrue(proved > MUTANTS, () -> "proved=" + proved);
  }

  @Test
  void ordinaryLeavesAreProved() {
    Seeds.run(
        random -> {
          ZapParameters parameters = TestMap.FIXED_SALT.withFatBlockShift(12);
          try (TestMap map = TestMap.createFat(parameters)) {
            fill(map, random);
            byte[] image = map.image();
            MutationBase base = new MutationBase("ordinary", image, 1 << 12, parameters, List.of());
            compare(base, image, new byte[image.length]);
          }
        });
    assertTrue(proved > 20 * unproved, () -> "proved=" + proved + " unproved=" + unproved);
  }

  /** What chance may not come to: one field is wrong, and all others are as they should be. */
  @ParameterizedTest
  @EnumSource(Damage.class)
  void aFieldThatIsWrongIsSeen(Damage damage) {
    ZapParameters parameters = TestMap.FIXED_SALT.withFatBlockShift(12);
    try (TestMap map = TestMap.createFat(parameters)) {
      map.putAll(0, 200);
      int bytes = 1 << 12;
      ByteBuffer leaf = words(Arrays.copyOfRange(map.image(), bytes, 2 * bytes));
      assertTrue(leaf.getShort(LeafLayout.PREFIX_LENGTH_OFFSET) > 0);
      Buffer buffer = cache.hold(LeafProofTest::zeros, 1, bytes, bytes, this);
      ZapNames names = map.zap().names();
      assertTrue(isProved(leaf, buffer, names));
      LeafLayout layout = LeafLayout.of(12);
      int bucket = 0;
      while (leaf.getShort(layout.bucketOffset(bucket)) == -1) {
        bucket++;
      }
      damage.change.to(leaf, layout, bucket);
      assertFalse(isProved(leaf, buffer, names));
      compare(damage.name(), buffer, names);
      assertEquals(0, unproved);
      buffer.release(this);
    }
  }

  private static boolean isProved(ByteBuffer bytes, Buffer buffer, ZapNames names) {
    byte[] image = new byte[buffer.sizeBytes()];
    bytes.get(0, image);
    NativeMemory.copyFromArray(image, 0, buffer.address(), image.length);
    Leaf leaf = new Leaf(buffer, LeafLayout.of(12), names.hashBits(), false);
    leaf.setNames(names);
    return LeafProof.isSound(leaf);
  }

  private interface Change {
    void to(ByteBuffer leaf, LeafLayout layout, int bucket);
  }

  /** Something wrong with a leaf, or with the first entry of a bucket. */
  @SuppressWarnings("ImmutableEnumChecker") // the changes are lambdas that hold nothing
  private enum Damage {
    MAGIC((leaf, layout, bucket) -> add(leaf, LeafLayout.MAGIC_OFFSET, 1)),
    PREFIX((leaf, layout, bucket) -> flip(leaf, LeafLayout.PREFIX_OFFSET)),
    ENTRY_COUNT((leaf, layout, bucket) -> add(leaf, LeafLayout.ENTRY_COUNT_OFFSET, 1)),
    FREE_COUNT((leaf, layout, bucket) -> add(leaf, LeafLayout.FREE_COUNT_OFFSET, -1)),
    FREE_LIST(
        (leaf, layout, bucket) -> {
          int next = leaf.getShort(LeafLayout.FREE_LIST_OFFSET) + 1;
          leaf.putShort(LeafLayout.FREE_LIST_OFFSET, (short) next);
          add(leaf, LeafLayout.FREE_COUNT_OFFSET, -1);
        }),
    FLAGS((leaf, layout, bucket) -> flip(leaf, LeafLayout.FLAGS_OFFSET)),
    BUCKET(
        (leaf, layout, bucket) -> {
          int empty = bucket;
          while (leaf.getShort(layout.bucketOffset(empty)) != -1) {
            empty++;
          }
          leaf.putShort(layout.bucketOffset(empty), leaf.getShort(layout.bucketOffset(bucket)));
          leaf.putShort(layout.bucketOffset(bucket), (short) -1);
        }),
    INTEGER_BYTES(
        (leaf, layout, bucket) ->
            leaf.put(
                entry(leaf, layout, bucket) + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET, (byte) 3)),
    HASH(
        (leaf, layout, bucket) ->
            flip(leaf, entry(leaf, layout, bucket) + LeafLayout.ENTRY_HASH_OFFSET)),
    CD(
        (leaf, layout, bucket) ->
            leaf.putInt(entry(leaf, layout, bucket) + LeafLayout.ENTRY_CD_OFFSET, -1)),
    NAME_END(
        (leaf, layout, bucket) -> {
          int entry = entry(leaf, layout, bucket);
          int name = leaf.getShort(entry + LeafLayout.ENTRY_NAME_CHUNK_OFFSET);
          int length = leaf.getShort(entry + LeafLayout.ENTRY_NAME_LENGTH_OFFSET);
          flip(leaf, layout.chunkOffset(name) + LeafLayout.ARRAY_PAYLOAD_OFFSET + length - 1);
        }),
    VALUE_COUNT(
        (leaf, layout, bucket) ->
            add(leaf, entry(leaf, layout, bucket) + LeafLayout.ENTRY_VALUE_COUNT_OFFSET, 100)),
    VALUE_TYPE(
        (leaf, layout, bucket) -> {
          int entry = entry(leaf, layout, bucket);
          int value = leaf.getShort(entry + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET);
          flip(leaf, layout.chunkOffset(value));
        });

    private final Change change;

    Damage(Change change) {
      this.change = change;
    }

    private static int entry(ByteBuffer leaf, LeafLayout layout, int bucket) {
      return layout.chunkOffset(leaf.getShort(layout.bucketOffset(bucket)));
    }

    private static void flip(ByteBuffer leaf, int offset) {
      leaf.put(offset, (byte) (leaf.get(offset) ^ 1));
    }

    private static void add(ByteBuffer leaf, int offset, int delta) {
      leaf.putShort(offset, (short) (leaf.getShort(offset) + delta));
    }
  }

  private static void fill(TestMap map, Random random) {
    for (int i = 0; i < 4000; i++) {
      byte[] key = TestMap.key("k".repeat(random.nextInt(3) * 15) + random.nextInt(2000));
      if (random.nextInt(4) == 0) {
        map.remove(key);
      } else {
        byte[] value = new byte[random.nextInt(15) * Long.BYTES];
        random.nextBytes(value);
        map.put(key, new ZapValue(1 << random.nextInt(4), value));
      }
    }
  }

  private static void zeros(long object, long block, long address, int size) {
    NativeMemory.fill(address, size, (byte) 0);
  }

  private static boolean isFat(byte[] image) {
    return words(image).getLong(0) == FatHeaderLayout.BLOCK_TYPE;
  }

  private static ByteBuffer words(byte[] image) {
    return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Looks at the blocks in which an image differs from another one. */
  private void compare(MutationBase base, byte[] image, byte[] other) {
    ByteBuffer header = words(base.image());
    ZapNames names =
        ZapNames.of(
            header.getLong(FatHeaderLayout.SALT_OFFSET),
            header.getLong(FatHeaderLayout.FLAGS_OFFSET),
            header.getLong(FatHeaderLayout.NORMFLAGS_OFFSET));
    int bytes = base.blockSize();
    Buffer buffer = cache.hold(LeafProofTest::zeros, 1, bytes, bytes, this);
    for (int at = bytes; at + bytes <= image.length; at += bytes) {
      if (!Arrays.equals(image, at, at + bytes, other, at, at + bytes)) {
        NativeMemory.copyFromArray(image, at, buffer.address(), bytes);
        compare(base.name(), buffer, names);
      }
    }
    buffer.release(this);
  }

  private void compare(String name, Buffer buffer, ZapNames names) {
    LeafLayout layout = LeafLayout.of(Integer.numberOfTrailingZeros(buffer.sizeBytes()));
    Leaf leaf = new Leaf(buffer, layout, names.hashBits(), names.hasWords());
    leaf.setNames(names);
    List<String> problems = new ArrayList<>();
    boolean isSound =
        LeafChecker.report(leaf, (block, offset, problem) -> problems.add(block + ": " + problem));
    boolean isProved = LeafProof.isSound(leaf);
    assertTrue(isSound || !isProved, () -> name + ": " + problems);
    proved += isProved ? 1 : 0;
    unproved += isSound && !isProved ? 1 : 0;
  }
}
