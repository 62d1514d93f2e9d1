// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZapHashTest {

  private static long crc(long salt, String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    return ZapHash.crc64(salt, bytes, 0, bytes.length);
  }

  @Test
  void hasTheCheckValuesOfTheFormat() {
    assertEquals(0, ZapHash.mask(crc(1, ""), 28));
    assertEquals(0x9F8169BA49A54B33L, crc(1, "a"));
    assertEquals(0x9F8169B000000000L, ZapHash.mask(crc(1, "a"), 28));
    assertEquals(0x9F8169BA49A50000L, ZapHash.mask(crc(1, "a"), 48));
    assertEquals(0x03AB793000000000L, ZapHash.mask(crc(0x24955, "first"), 28));
    assertEquals(0x66A2364420E6C605L, crc(-1, "123456789"));
  }

  @Test
  void takesEightBytesAtATimeLikeOne() {
    Seeds.run(
        random -> {
          for (int length = 0; length < 100; length++) {
            byte[] bytes = new byte[length + 3];
            random.nextBytes(bytes);
            long salt = random.nextLong();
            assertEquals(bytewise(salt, bytes, 3, length), ZapHash.crc64(salt, bytes, 3, length));
          }
        });
  }

  private static long bytewise(long salt, byte[] bytes, int offset, int length) {
    long crc = salt;
    for (int i = offset; i < offset + length; i++) {
      crc ^= bytes[i] & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (-(crc & 1) & 0xC96C5795D7870F42L);
      }
    }
    return crc;
  }

  @Test
  void takesTheBytesOfAWordLowestFirst() {
    Random random = new Random(1);
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    long word = 0;
    for (int i = 7; i >= 0; i--) {
      word = word << 8 | (bytes[i] & 0xFF);
    }
    assertEquals(ZapHash.crc64(7, bytes, 0, 8), ZapHash.crc64(7, word));
  }
}
