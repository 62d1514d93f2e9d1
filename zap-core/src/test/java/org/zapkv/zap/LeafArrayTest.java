// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/** Arrays in chunks are compared and read word by word: no byte is left out, none is too many. */
class LeafArrayTest {
  private static final int LONGEST = 70;
  private static final byte[] NAME = new byte[5];

  @Test
  void everyByteIsCompared() {
    withArrays(
        (block, head, array, random) -> {
          assertTrue(block.arrayEquals(head, array));
          for (int i = 0; i < array.length; i++) {
            byte[] other = array.clone();
            other[i] ^= (byte) (1 << random.nextInt(8));
            assertFalse(block.arrayEquals(head, other), array.length + " bytes, differ at " + i);
          }
        });
  }

  @Test
  void everyBeginningIsReadAndNothingElseChanged() {
    withArrays(
        (block, head, array, random) -> {
          for (int length = 0; length <= array.length; length++) {
            byte[] destination = new byte[LONGEST + 20];
            random.nextBytes(destination);
            byte[] expected = destination.clone();
            int offset = random.nextInt(20);
            System.arraycopy(array, 0, expected, offset, length);
            block.readArray(head, destination, offset, length);
            assertArrayEquals(expected, destination);
          }
        });
  }

  private interface Check {
    void run(LeafBlock block, int head, byte[] array, Random random);
  }

  private static int add(LeafBlock block, byte[] value) {
    return block.addEntry(NAME, NAME.length, NAME.length, 0, 0, new ZapValue(1, value), 0);
  }

  /** An array of each length, in scattered chunks. */
  private void withArrays(Check check) {
    Seeds.run(
        random -> {
          try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build()) {
            Buffer buffer =
                cache.hold(
                    (object, id, address, size) -> NativeMemory.fill(address, size, (byte) 0),
                    1,
                    1,
                    1 << 14,
                    this);
            LeafBlock block = new LeafBlock(buffer, LeafLayout.of(14));
            block.beginChange();
            for (int length = 0; length <= LONGEST; length++) {
              block.initialise(0, 0, 0);
              int[] taken = new int[20];
              Arrays.setAll(taken, i -> add(block, new byte[0]));
              for (int i = 0; i < taken.length; i++) {
                block.freeEntry(taken[(i * 7 + length) % taken.length], NAME.length);
              }
              byte[] array = new byte[length];
              random.nextBytes(array);
              check.run(block, block.valueChunk(add(block, array)), array, random);
            }
            buffer.release(this);
          }
        });
  }
}
