// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** Damaged images: an exception that says where, or an answer, and always an end. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ZapDamageTest {
  private static final int KEYS = 150;
  private static final int MUTATIONS = 700;

  private static byte[] image(int blockShift, boolean fat) {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(blockShift))) {
      map.putAll(0, KEYS);
      if (fat) {
        map.makeFat();
        map.put(TestMap.key(1), ZapValue.ofBytes(new byte[100]));
        map.put(TestMap.key("a key of more than one chunk's length"), ZapValue.ofLong(1));
      }
      return map.image();
    }
  }

  private static int blockSize(int blockShift, byte[] image, boolean fat) {
    return fat ? 1 << blockShift : image.length;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 10, 12})
  void anyDamageIsAnErrorOrAnAnswer(int blockShift) {
    boolean fat = blockShift != 0;
    byte[] sound = image(fat ? blockShift : 12, fat);
    int blockSize = blockSize(blockShift, sound, fat);
    Seeds.run(
        random -> {
          int refused = 0;
          for (int i = 0; i < MUTATIONS; i++) {
            byte[] image = sound.clone();
            mutate(image, blockSize, random);
            refused += use(image, blockSize, random) ? 0 : 1;
          }
          assertTrue(refused > 0);
        });
  }

  /** Changes a few bytes, mostly in headers, tables and links, where they do most harm. */
  private static void mutate(byte[] image, int blockSize, Random random) {
    int block = random.nextInt(image.length / blockSize);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int within = random.nextInt(3) == 0 ? random.nextInt(blockSize) : random.nextInt(104);
      int at = block * blockSize + within;
      image[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (1 + image[at]);
    }
    if (random.nextInt(10) == 0) {
      int other = random.nextInt(image.length / blockSize);
      System.arraycopy(image, other * blockSize, image, block * blockSize, blockSize);
    }
  }

  /** Uses a map that may be damaged; whether nothing was refused. */
  private static boolean use(byte[] image, int blockSize, Random random) {
    boolean[] clean = {true};
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build()) {
      ImageObject object = Images.of(cache, blockSize, image);
      Zap zap;
      try {
        zap = Zap.open(object, TestMap.FIXED_SALT.withFatBlockShift(12));
      } catch (ZapException e) {
        assertEquals(List.of(), cache.outstandingHolds());
        return false;
      }
      attempt(clean, () -> walk(zap));
      attempt(clean, zap::statistics);
      zap.check((block, offset, text) -> clean[0] = false);
      for (int i = 0; i < 60; i++) {
        byte[] key = TestMap.key(random.nextInt(2 * KEYS));
        attempt(clean, () -> zap.get(key));
        attempt(clean, () -> write(object, zap, key, random.nextInt(3)));
      }
      attempt(clean, () -> walk(zap));
      assertEquals(List.of(), cache.outstandingHolds());
      zap.close();
    }
    return clean[0];
  }

  private static void attempt(boolean[] clean, Runnable use) {
    try {
      use.run();
    } catch (ZapException e) {
      clean[0] = false;
    }
  }

  private static void write(ImageObject object, Zap zap, byte[] key, int kind) {
    try (Transaction tx = object.begin()) {
      switch (kind) {
        case 0 -> zap.remove(key, tx);
        case 1 -> zap.put(key, ZapValue.ofBytes(new byte[100]), tx);
        default -> zap.add(key, ZapValue.ofLong(1), tx);
      }
    }
  }

  private static void walk(Zap zap) {
    try (ZapCursor cursor = zap.cursor()) {
      long before = 0;
      while (cursor.next()) {
        assertTrue(Long.compareUnsigned(before, cursor.hash()) <= 0);
        before = cursor.hash();
      }
    }
  }

  @Test
  void namesObjectBlockAndOffset() {
    byte[] image = image(12, true);
    image[4096 + LeafLayout.MAGIC_OFFSET] ^= 1;
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, 4096, image);
      Zap zap = Zap.open(object, TestMap.FIXED_SALT);
      CorruptException e = assertThrows(CorruptException.class, () -> walk(zap));
      assertEquals(object.objectId(), e.objectId());
      assertEquals(1, e.blockId());
      assertEquals(LeafLayout.MAGIC_OFFSET, e.offsetBytes());
    }
  }

  @Test
  void refusesABlockThatIsNoMap() {
    for (byte[] image : new byte[][] {new byte[512], new byte[1536], new byte[4096]}) {
      try (BufferCache cache = FixtureTest.newCache()) {
        ImageObject object = Images.of(cache, image.length, image);
        assertThrows(CorruptException.class, () -> Zap.open(object, TestMap.FIXED_SALT));
        assertEquals(List.of(), cache.outstandingHolds());
      }
    }
  }

  /** Damage that reading does not come across, and the check has to find. */
  private static void checkFinds(int offset, int change) {
    byte[] image = image(12, true);
    image[offset] += (byte) change;
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, 4096, image);
      Zap zap = Zap.open(object, TestMap.FIXED_SALT);
      List<String> problems = new ArrayList<>();
      zap.check((block, at, text) -> problems.add(text));
      assertFalse(problems.isEmpty());
    }
  }

  @Test
  void checkFindsWrongCounts() {
    checkFinds(FatHeaderLayout.ENTRY_COUNT_OFFSET, 1);
    checkFinds(FatHeaderLayout.LEAF_COUNT_OFFSET, -1);
    checkFinds(FatHeaderLayout.SALT_OFFSET, 1);
  }

  @Test
  void checkFindsAWrongPointer() {
    checkFinds(2048 + 8, 1);
  }
}
