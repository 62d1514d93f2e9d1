// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import net.openhft.hashing.LongHashFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** XXH64 as others compute it: published numbers, and another library's for any length. */
@Tag("once")
final class XxHash64Test {
  private static final int MAX_BYTES = 4096;
  private static final long PRIME_32 = 0x9E3779B1L;

  private final BlockAllocator allocator = new BlockAllocator(1 << 20, InitPolicy.NONE);
  private final long address = allocator.allocate(2 * MAX_BYTES);

  @AfterEach
  void free() {
    allocator.free(address, 2 * MAX_BYTES);
    allocator.close();
  }

  @Test
  void publishedNumbers() {
    assertHash(0xEF46DB3751D8E999L, "", 0);
    assertHash(0xD24EC4F1A98C6E5BL, "a", 0);
    assertHash(0x44BC2CF5AD770999L, "abc", 0);
    assertHash(0xCFE1F278FA89835CL, "abcdefghijklmnopqrstuvwxyz".substring(0, 26), 0);
    assertHash(0xAC75FDA2929B17EFL, "", PRIME_32);
  }

  @Test
  void everyLengthAtEveryAlignment() {
    long start = Long.getLong("zap.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(start);
    byte[] bytes = new byte[MAX_BYTES + 8];
    random.nextBytes(bytes);
    NativeMemory.copyFromArray(bytes, 0, address, bytes.length);
    for (int length = 0; length <= 300; length++) {
      for (int shift = 0; shift < 8; shift++) {
        assertSame(bytes, shift, length, random.nextLong(), start);
      }
    }
    for (int i = 0; i < 300; i++) {
      assertSame(bytes, random.nextInt(8), random.nextInt(MAX_BYTES), random.nextLong(), start);
    }
  }

  @Test
  void rangesAreChecked() {
    byte[] bytes = new byte[40];
    assertThrows(IndexOutOfBoundsException.class, () -> XxHash64.ofArray(bytes, 1, 40, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> XxHash64.ofArray(bytes, -1, 1, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> XxHash64.ofArray(bytes, 0, -1, 0));
    assertThrows(IllegalArgumentException.class, () -> XxHash64.ofMemory(address, -1, 0));
  }

  private void assertSame(byte[] bytes, int offset, int length, long seed, long start) {
    long expected = LongHashFunction.xx(seed).hashBytes(bytes, offset, length);
    String where = "offset=" + offset + " length=" + length + " -Dzap.seed=" + start;
    assertEquals(expected, XxHash64.ofArray(bytes, offset, length, seed), where);
    assertEquals(expected, XxHash64.ofMemory(address + offset, length, seed), where);
  }

  private void assertHash(long expected, String text, long seed) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    NativeMemory.copyFromArray(bytes, 0, address, bytes.length);
    assertEquals(expected, XxHash64.ofArray(bytes, 0, bytes.length, seed));
    assertEquals(expected, XxHash64.ofMemory(address, bytes.length, seed));
  }
}
