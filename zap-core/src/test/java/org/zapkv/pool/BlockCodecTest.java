// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;

/** A payload that is whole by its checksum may still be of a block of another size. */
final class BlockCodecTest {
  private static final int SIZE = 4096;

  private final BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
  private final IoMemory memory = cache.allocateIo(4 * SIZE);
  private final long to = memory.address() + 2 * SIZE;
  private final BlockCodec codec = new BlockCodec();

  @AfterEach
  void close() {
    memory.close();
    cache.close();
  }

  /** Puts a compressed block into the memory; gives its size there. */
  private int compress(byte content) {
    try (BlockCodec.Scratch scratch = codec.scratch()) {
      Arrays.fill(scratch.plain(SIZE), 0, SIZE, content);
      Payload payload = scratch.compress(scratch.plainPayload(SIZE));
      payload.copyTo(memory.address());
      return payload.sizeBytes();
    }
  }

  @Test
  void whatWasCompressedComesBack() {
    int bytes = compress((byte) 7);
    assertTrue(bytes < SIZE);
    assertNull(codec.unpack(memory.address(), bytes, BlockCodec.FORM_LZ4, to, SIZE));
    byte[] back = new byte[SIZE];
    NativeMemory.copyToArray(to, back, 0, SIZE);
    byte[] expected = new byte[SIZE];
    Arrays.fill(expected, (byte) 7);
    assertArrayEquals(expected, back);
  }

  /** Else the end would be what the array had in it before. */
  @Test
  void tooShortAResultIsRefused() {
    int bytes = compress((byte) 7);
    NativeMemory.fill(to, 2 * SIZE, (byte) 1);
    assertEquals(
        "decompresses to 4096 bytes instead of 8192",
        codec.unpack(memory.address(), bytes, BlockCodec.FORM_LZ4, to, 2 * SIZE));
    assertEquals(1, NativeMemory.getByte(to));
  }

  @Test
  void tooLongAResultIsRefused() {
    int bytes = compress((byte) 7);
    String problem = codec.unpack(memory.address(), bytes, BlockCodec.FORM_LZ4, to, SIZE - 1);
    assertNotNull(problem);
    assertTrue(problem.startsWith("cannot be decompressed"), problem);
  }
}
