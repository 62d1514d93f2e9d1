// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.zapkv.cache.BufferCache;

/**
 * A sound image that mutants are made of.
 *
 * @param name for messages
 * @param image the blocks one after another
 * @param blockSize the size of a block in bytes
 * @param parameters how the map is opened
 * @param keys the keys that are in it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MutationBase(
    String name, byte[] image, int blockSize, ZapParameters parameters, List<byte[]> keys) {

  private static final int LARGEST_FIXTURE_BYTES = 100 << 10;

  /** A map to make a base of: what is done to an empty one. */
  private interface Making {
    void make(TestMap map);
  }

  /** Bases that are made here, and those of the fixtures that are small; the smallest first. */
  static List<MutationBase> all() {
    List<MutationBase> bases = new ArrayList<>(made());
    for (Fixture fixture : Fixture.all()) {
      add(bases, fixture, fixture.name(), fixture.image());
      if (fixture.isSwappedToo()) {
        add(bases, fixture, fixture.name() + " swapped", fixture.swappedImage());
      }
    }
    bases.sort(Comparator.comparingInt(base -> base.image().length));
    return bases;
  }

  private static void add(List<MutationBase> bases, Fixture fixture, String name, byte[] image) {
    if (image.length <= LARGEST_FIXTURE_BYTES) {
      ZapParameters parameters = fixture.parameters().withMaxKeyBytes(1023);
      // What the writes do is to be done under both policies.
      ZapParameters merging =
          bases.size() % 2 == 0 ? parameters : parameters.withShrinkPolicy(ShrinkPolicy.MERGE);
      bases.add(of(name, image, (int) fixture.number("block_size"), merging));
    }
  }

  private static List<MutationBase> made() {
    return List.of(
        made("micro", 12, Set.of(), map -> map.putAll(0, 6)),
        made("micro with holes", 9, Set.of(), MutationBase::holes),
        made("one leaf of 4 KiB", 12, Set.of(), map -> mixed(map, 20, 100)),
        made("one leaf of 16 KiB", 14, Set.of(), map -> mixed(map, 60, 100)),
        made("leaves of 16 KiB", 14, Set.of(), map -> mixed(map, 30, 3000)),
        made("leaves of 4 KiB", 12, Set.of(), map -> mixed(map, 60, 400)),
        made("leaves of 512 B", 9, Set.of(), map -> mixed(map, 12, 30)),
        made("external table", 9, Set.of(ZapFlag.HASH64), map -> mixed(map, 90, 30)),
        made("growing table", 9, Set.of(), MutationBase::growing),
        made("after merges", 9, Set.of(), MutationBase::merged),
        made("words", 9, Set.of(ZapFlag.UINT64_KEY), map -> words(map, 40)),
        made(
            "hashed words",
            10,
            Set.of(ZapFlag.UINT64_KEY, ZapFlag.PRE_HASHED_KEY, ZapFlag.HASH64),
            map -> words(map, 40)),
        made("flooded", 10, Set.of(), MutationBase::flooded),
        made("empty", 9, Set.of(ZapFlag.HASH64), map -> {}));
  }

  private static MutationBase made(String name, int blockShift, Set<ZapFlag> flags, Making making) {
    ZapParameters parameters =
        TestMap.FIXED_SALT.withFatBlockShift(blockShift).withFlags(flags).withMicroMaxBytes(2048);
    try (TestMap map = TestMap.create(parameters)) {
      making.make(map);
      byte[] image = map.image();
      return of(name, image, map.object().blockSizeBytes(), parameters);
    }
  }

  private static MutationBase of(
      String name, byte[] image, int blockSize, ZapParameters parameters) {
    try (BufferCache cache = BufferCache.builder().budgetBytes(16 << 20).build()) {
      Zap zap = Zap.open(Images.of(cache, blockSize, image), parameters);
      List<byte[]> keys = new ArrayList<>();
      try (ZapCursor cursor = zap.cursor()) {
        while (cursor.next()) {
          keys.add(cursor.key());
        }
      }
      zap.close();
      return new MutationBase(name, image, blockSize, parameters, keys);
    }
  }

  private static void holes(TestMap map) {
    map.putAll(0, 20);
    map.removeAll(3, 9);
  }

  /** Keys of many lengths; values of all integer sizes. */
  private static void mixed(TestMap map, int count, int largestValue) {
    Random random = new Random(count);
    map.makeFat();
    for (int i = 0; i < count; i++) {
      int integerBytes = 1 << random.nextInt(4);
      byte[] value = new byte[random.nextInt(largestValue) / integerBytes * integerBytes];
      random.nextBytes(value);
      map.put(
          TestMap.key("x".repeat(i % 4 * (i % 9)) + i),
          i % 3 == 0 ? ZapValue.ofLong(i) : new ZapValue(integerBytes, value));
    }
  }

  private static void growing(TestMap map) {
    map.makeFat();
    for (int i = 0; ; i++) {
      map.put(TestMap.key(i), ZapValue.ofLong(i));
      ZapStatistics statistics = map.zap().statistics();
      if (statistics.growingBlocksCopied() > 0 && i > 60) {
        return;
      }
    }
  }

  private static void merged(TestMap map) {
    map.makeFat();
    map.putAll(0, 70);
    map.removeAll(5, 63);
  }

  /** Keys that no split parts: most of them are in the overflow, and one value of the others. */
  private static void flooded(TestMap map) {
    map.putAll(0, 5);
    for (int i = 0; i < 40; i++) {
      map.put(Collisions.key(1, i), ZapValue.ofLong(i));
    }
    map.put(Collisions.key(1, 0), ZapValue.ofBytes(new byte[200]));
  }

  private static void words(TestMap map, int count) {
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[Long.BYTES * (1 + i % 3)];
      random.nextBytes(key);
      map.put(key, ZapValue.ofLong(i));
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
