// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.List;
import java.util.SplittableRandom;

/**
 * What a map is like in a life.
 *
 * @param name its name, or what the names of several begin with
 * @param ofThread whether each thread has one of its own, whose name ends with its number
 * @param keys what its keys look like
 * @param longestKey how long they are at most, in bytes
 * @param keysOfThread how many of them each thread has
 * @param longsUntil all values are longs before this segment; 0: never
 * @param usual how long most values are at most, in bytes
 * @param large how long the large ones are at most, in bytes; 0: there are none
 * @param largePerMille how many of a thousand values are large
 * @param hasFavourites whether some keys are changed far more often than others
 */
record MapShape(
    String name,
    boolean ofThread,
    KeyShape keys,
    int longestKey,
    int keysOfThread,
    int longsUntil,
    int usual,
    int large,
    int largePerMille,
    boolean hasFavourites) {
  /** A value that is longer is in no leaf of any store with leaves of some KiB. */
  private static final int LEAST_LARGE = 3000;

  private static final int STREAM_KEYS = 4;
  private static final int LONGEST_STREAM = 900_000;
  private static final int STREAM_PER_MILLE = 600;

  /** A third of the maps are micro in Zap, as long as they have longs only. */
  static MapShape random(SplittableRandom random, String name, int keysOfThread, Limits limits) {
    boolean isMicro = random.nextInt(3) == 0 && !limits.bulky();
    List<KeyShape> shapes = isMicro || limits.brief() ? KeyShape.BRIEF : List.of(KeyShape.values());
    int usual = usual(random, limits);
    boolean hasLarge = random.nextInt(4) == 0;
    return new MapShape(
        name,
        limits.ofThread(),
        shapes.get(random.nextInt(shapes.size())),
        limits.longestKey(),
        keysOfThread,
        isMicro ? longs(random) : 0,
        usual,
        hasLarge ? Chance.logarithmic(random, LEAST_LARGE, limits.longestValue()) : 0,
        Chance.of(random, 2, 10, 50),
        random.nextInt(3) == 0);
  }

  private static int usual(SplittableRandom random, Limits limits) {
    if (limits.bulky()) {
      return Chance.of(random, 1000, 2060);
    }
    int usual = Chance.of(random, Value.MIN_BYTES, 16, 60, 60, 100, 400, 2060);
    return limits.brief() ? Math.min(usual, Limits.BRIEF_BYTES) : usual;
  }

  private static int longs(SplittableRandom random) {
    return random.nextInt(3) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(4);
  }

  /** The same with a few keys that mostly have values of several blocks, one after the other. */
  MapShape withStreams() {
    return new MapShape(
        name,
        ofThread,
        keys,
        longestKey,
        Math.min(keysOfThread, STREAM_KEYS),
        0,
        usual,
        LONGEST_STREAM,
        STREAM_PER_MILLE,
        hasFavourites);
  }

  /** The map that has the keys of a thread. */
  String nameFor(int thread) {
    return ofThread ? name + thread : name;
  }

  String key(int thread, int number) {
    return keys.key(thread, number, longestKey);
  }

  /** Draws the number of a key. */
  int number(SplittableRandom random) {
    return hasFavourites ? Chance.skewed(random, keysOfThread) : random.nextInt(keysOfThread);
  }

  /** Draws the length of a value. */
  int lengthBytes(SplittableRandom random, int segment) {
    if (segment < longsUntil || random.nextInt(8) == 0) {
      return Value.MIN_BYTES;
    }
    if (large > 0 && Chance.perMille(random, largePerMille)) {
      return LEAST_LARGE + random.nextInt(large - LEAST_LARGE + 1);
    }
    return Value.MIN_BYTES + random.nextInt(usual - Value.MIN_BYTES + 1);
  }

  /**
   * What a kind of store has room for.
   *
   * @param longestKey in bytes
   * @param longestValue in bytes
   * @param brief whether leaves are so small that only brief keys and values fit
   * @param bulky whether the map should become larger than the least cache
   * @param ofThread whether each thread has a map of its own
   */
  record Limits(int longestKey, int longestValue, boolean brief, boolean bulky, boolean ofThread) {
    static final int BRIEF_BYTES = 60;
  }
}
