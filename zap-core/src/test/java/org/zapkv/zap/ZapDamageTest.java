// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
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
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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

  /** An image that somebody has damaged, opened. */
  private interface Damaged {
    void use(ImageObject object, Zap zap);
  }

  private static void with(int blockSize, byte[] image, Damaged use) {
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, blockSize, image);
      Zap zap = Zap.open(object, TestMap.FIXED_SALT.withFatBlockShift(12));
      use.use(object, zap);
      zap.close();
      assertEquals(List.of(), cache.outstandingHolds());
    }
  }

  private static ByteBuffer words(byte[] image) {
    return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void assertRefused(byte[] image, int blockSize) {
    with(blockSize, image, (object, zap) -> assertThrows(CorruptException.class, () -> walk(zap)));
  }

  private static List<String> problems(Zap zap) {
    return FixtureTest.problems(zap);
  }

  /** The offset in an image of the only entry of a leaf of 4 KiB in block 1. */
  private static int entryOf(byte[] image) {
    LeafLayout layout = LeafLayout.of(12);
    for (int chunk = 0; chunk < layout.chunkCount(); chunk++) {
      int at = 4096 + layout.chunkOffset(chunk);
      if ((image[at] & 0xFF) == LeafLayout.TYPE_ENTRY) {
        return at;
      }
    }
    throw new AssertionError("no entry");
  }

  private static byte[] fatImage(int entries) {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      map.putAll(0, entries);
      return map.image();
    }
  }

  @Test
  void anEntryThatNoLookupFindsIsNotWalkedEither() {
    byte[] image = fatImage(1);
    int hash = entryOf(image) + LeafLayout.ENTRY_HASH_OFFSET;
    // The last of 28 bits: the bucket stays the same.
    words(image).putLong(hash, words(image).getLong(hash) ^ 1L << 36);
    assertRefused(image, 4096);
  }

  @Test
  void anotherSaltMakesNoKeyMissing() {
    byte[] image = fatImage(1);
    image[FatHeaderLayout.SALT_OFFSET] ^= 2;
    assertRefused(image, 4096);
  }

  @Test
  void cookiesGoOnAfterTheLargestCd() {
    byte[] image = fatImage(1);
    words(image).putInt(entryOf(image) + LeafLayout.ENTRY_CD_OFFSET, 0xFFFFFFFE);
    with(
        4096,
        image,
        (object, zap) -> {
          try (ZapCursor cursor = zap.cursor()) {
            assertTrue(cursor.next());
            assertEquals(0xFFFFFFFE, cursor.cd());
            try (ZapCursor here = zap.cursor(cursor.cookie());
                ZapCursor after = zap.cursor(cursor.nextCookie())) {
              assertTrue(here.next());
              assertFalse(after.next());
            }
          }
        });
  }

  /** Half of the pointers of an empty map lead to a leaf that is right in itself. */
  private static byte[] nested(int prefixLengthOfTheFirst) {
    byte[] image = Arrays.copyOf(fatImage(0), 3 * 4096);
    System.arraycopy(image, 4096, image, 2 * 4096, 4096);
    ByteBuffer words = words(image);
    for (int at = 2048 + 1024; at < 4096; at += Long.BYTES) {
      words.putLong(at, 2);
    }
    words.putShort(4096 + LeafLayout.PREFIX_LENGTH_OFFSET, (short) prefixLengthOfTheFirst);
    words.putShort(2 * 4096 + LeafLayout.PREFIX_LENGTH_OFFSET, (short) 1);
    words.putLong(2 * 4096 + LeafLayout.PREFIX_OFFSET, 1);
    words.putLong(FatHeaderLayout.FREE_BLOCK_OFFSET, 3);
    words.putLong(FatHeaderLayout.LEAF_COUNT_OFFSET, 2);
    return image;
  }

  @Test
  void aLeafInsideAnotherIsRefused() {
    with(4096, nested(1), (object, zap) -> assertEquals(List.of(), problems(zap)));
    assertRefused(nested(0), 4096);
    with(4096, nested(0), (object, zap) -> assertFalse(problems(zap).isEmpty()));
  }

  @Test
  void aLeafInsideThePointerTableIsRefused() {
    byte[] image;
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(9))) {
      map.putAll(0, 200);
      image = map.image();
    }
    long table = words(image).getLong(FatHeaderLayout.TABLE_BLOCK_OFFSET);
    assertTrue(table > 0);
    words(image).putLong((int) table * 512, table);
    with(
        512,
        image,
        (object, zap) -> {
          CorruptException e = assertThrows(CorruptException.class, () -> walk(zap));
          assertTrue(e.getMessage().contains("pointer 0 is to block " + table), e::toString);
        });
  }

  @Test
  void aMicroMapWithOtherBlocksIsReadAndNotConverted() {
    byte[] image = Arrays.copyOf(image(12, false), 2 * image(12, false).length);
    with(
        image.length / 2,
        image,
        (object, zap) -> {
          walk(zap);
          byte[] longKey = TestMap.key("x".repeat(50));
          try (Transaction tx = object.begin()) {
            assertThrows(CorruptException.class, () -> zap.put(longKey, ZapValue.ofLong(1), tx));
          }
          assertFalse(zap.isBroken());
          assertEquals(ZapValue.ofLong(1), zap.get(TestMap.key(1)));
          assertEquals(1, problems(zap).size());
        });
  }

  @Test
  void twoKeysOfTheSameNameInAMicroMapAreRefused() {
    byte[] image = image(12, false);
    System.arraycopy(
        image,
        MicroLayout.entryOffset(2),
        image,
        MicroLayout.entryOffset(5),
        MicroLayout.ENTRY_BYTES);
    image[MicroLayout.entryOffset(5) + MicroLayout.ENTRY_CD_OFFSET] = 1;
    assertThrows(
        CorruptException.class, () -> with(image.length, image, (object, zap) -> walk(zap)));
  }

  private static void assertHeaderRefused(int offset, long word) {
    byte[] image = fatImage(1);
    words(image).putLong(offset, word);
    CorruptException e =
        assertThrows(CorruptException.class, () -> with(4096, image, (object, zap) -> zap.count()));
    assertEquals(offset, e.offsetBytes());
  }

  @Test
  void countsThatCannotBeAreRefused() {
    assertHeaderRefused(FatHeaderLayout.ENTRY_COUNT_OFFSET, Long.MAX_VALUE);
    assertHeaderRefused(FatHeaderLayout.LEAF_COUNT_OFFSET, Long.MAX_VALUE);
    assertHeaderRefused(FatHeaderLayout.TABLE_SHIFT_OFFSET, 1L << 32 | 8);
  }

  @Test
  void moreLeavesThanPointersAreRefused() {
    byte[] image = fatImage(1);
    words(image).putLong(FatHeaderLayout.FREE_BLOCK_OFFSET, 600);
    words(image).putLong(FatHeaderLayout.LEAF_COUNT_OFFSET, 257);
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, 4096, image);
      Images.extend(object, 600);
      assertThrows(CorruptException.class, () -> Zap.open(object, TestMap.FIXED_SALT));
    }
  }

  @Test
  void aDamagedLeafIsReportedOnceHoweverManyPointersItHas() {
    byte[] image = fatImage(1);
    image[4096 + LeafLayout.MAGIC_OFFSET] ^= 1;
    with(4096, image, (object, zap) -> assertEquals(1, problems(zap).size()));
  }

  @Test
  void problemsWithoutNumberAreNotAllReported() {
    byte[] image = Arrays.copyOf(fatImage(0), 4096);
    ByteBuffer words = words(image);
    words.putLong(FatHeaderLayout.TABLE_BLOCK_OFFSET, 2);
    words.putLong(FatHeaderLayout.TABLE_BLOCK_COUNT_OFFSET, 1 << 19);
    words.putLong(FatHeaderLayout.TABLE_SHIFT_OFFSET, 28);
    words.putLong(FatHeaderLayout.FREE_BLOCK_OFFSET, 1 << 20);
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, 4096, image);
      Images.extend(object, 1 << 20);
      Zap zap = Zap.open(new BoundedBlockObject(object, 200_000), TestMap.FIXED_SALT);
      assertEquals(1001, problems(zap).size());
    }
  }

  private static byte[] floodedImage() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(10))) {
      for (int i = 0; i < 40; i++) {
        map.put(Collisions.key(1, i), ZapValue.ofLong(i));
      }
      return map.image();
    }
  }

  /** Puts many keys of one hash; whether it was refused as damage. */
  private static boolean flood(ImageObject object, Zap zap) {
    try (Transaction tx = object.begin()) {
      for (int i = 40; i < 200; i++) {
        zap.put(Collisions.key(1, i), ZapValue.ofLong(i), tx);
      }
      return false;
    } catch (CorruptException e) {
      return true;
    }
  }

  @Test
  void theBlockOfALeafOfTheOverflowIsNotGivenOut() {
    byte[] image = floodedImage();
    with(1024, image, (object, zap) -> assertFalse(flood(object, zap)));
    long overflow = words(image).getLong(FatHeaderLayout.OVERFLOW_BLOCK_OFFSET);
    assertTrue(overflow > 0);
    boolean refused = false;
    for (long free = overflow + 1; free < image.length / 1024; free++) {
      words(image).putLong(FatHeaderLayout.FREE_BLOCK_OFFSET, free);
      // The leaf that is split would be the new one, too: a thread that waits for itself.
      boolean[] damaged = {false};
      with(1024, image, (object, zap) -> damaged[0] = flood(object, zap));
      refused |= damaged[0];
    }
    assertTrue(refused);
  }

  @Test
  void theOverflowDoesNotLeadBackToTheMainTable() {
    byte[] image = floodedImage();
    ByteBuffer words = words(image);
    int overflow = 1024 * (int) words.getLong(FatHeaderLayout.OVERFLOW_BLOCK_OFFSET);
    long mainLeaf = words.getLong(512 + 8 * (int) (zapIndexOf(image) >>> (64 - 6)));
    for (int at = 512; at < 1024; at += Long.BYTES) {
      words.putLong(overflow + at, mainLeaf);
    }
    // That leaf is locked when the overflow is asked.
    with(
        1024,
        image,
        (object, zap) -> {
          assertTrue(flood(object, zap));
          assertThrows(CorruptException.class, () -> zap.get(Collisions.key(1, 1000)));
        });
  }

  private static long zapIndexOf(byte[] image) {
    byte[] key = Collisions.key(1, 0);
    long salt = words(image).getLong(FatHeaderLayout.SALT_OFFSET);
    return ZapHash.crc64(salt, key, 0, key.length);
  }

  @Test
  void aLeafOfTheOverflowInTheMainTableIsFound() {
    byte[] image = fatImage(0);
    image[4096 + LeafLayout.FLAGS_OFFSET] = LeafLayout.FLAG_IN_OVERFLOW;
    assertRefused(image, 4096);
    with(4096, image, (object, zap) -> assertEquals(1, problems(zap).size()));
  }

  @Test
  void aMapWhoseOverflowIsForgottenIsNotSound() {
    byte[] image;
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(10))) {
      for (int i = 0; i < 40; i++) {
        map.put(Collisions.key(1, i), ZapValue.ofLong(i));
      }
      // No room for that: the value is apart.
      map.put(Collisions.key(1, 0), ZapValue.ofBytes(new byte[400]));
      image = map.image();
    }
    words(image).putLong(FatHeaderLayout.OVERFLOW_BLOCK_OFFSET, 0);
    with(
        1024,
        image,
        (object, zap) -> {
          assertThrows(CorruptException.class, () -> walk(zap));
          assertEquals(1, problems(zap).size());
        });
  }
}
