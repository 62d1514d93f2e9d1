// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
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
