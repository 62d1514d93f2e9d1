// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was seen of a leaf before it was locked counts only as long as it is true. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeafSightTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final long SALT = 0x24955;
  private static final int KEYS = 4;

  private final TestMap map = TestMap.create(SMALL, 4 << 20, new ReusingLeafCreator());
  private final LeafAccess access;

  LeafSightTest() {
    map.makeFat();
    map.putAll(0, KEYS);
    HeaderAccess headers = new HeaderAccess(map.object(), 0);
    BlockNumbers numbers = new BlockNumbers(map.object(), headers, SMALL.shrinkPolicy());
    PointerTable table = new PointerTable(map.object(), numbers, SMALL.shrinkPolicy());
    access = new LeafAccess(map.object(), new StampedLock(), headers, table, new LeafMirror());
  }

  private static ZapName name(int number) {
    return ZapName.of(TestMap.key(number), SALT, 0, 1023);
  }

  /** Looks for a name whose leaf is known. */
  private LeafSight look(FatHeader header, ZapName name) {
    access.unlockShared(access.lockShared(header, name.hash()));
    return Objects.requireNonNull(access.look(name));
  }

  private interface Then {
    void withLocked(LeafSight seen, Leaf leaf);
  }

  /** Looks for a name, changes something, and locks the name's leaf. */
  private void seenThenLocked(int number, Runnable between, Then then) {
    try (map) {
      FatHeader header = access.holdHeader();
      LeafSight seen = look(header, name(number));
      between.run();
      Leaf leaf = access.lockExclusive(header, name(number).hash(), seen);
      try {
        assertTrue(leaf.coversHash(name(number).hash()));
        then.withLocked(seen, leaf);
      } finally {
        access.unlockExclusive(leaf);
        access.release(header);
      }
    }
  }

  @Test
  void anEntryIsWhereItWasSeen() {
    seenThenLocked(
        2,
        () -> {},
        (seen, leaf) -> {
          int entry = leaf.find(name(2));
          assertNotEquals(Leaf.NONE, entry);
          assertEquals(entry, LeafSight.find(seen, leaf, name(2)));
        });
  }

  @Test
  void whatWasNotThereIsNotThere() {
    seenThenLocked(
        KEYS,
        () -> {},
        (seen, leaf) -> assertEquals(Leaf.NONE, LeafSight.find(seen, leaf, name(KEYS))));
  }

  /** What is seen is not what is there, so a sight that is believed shows itself. */
  @Test
  void anEntryThatWasRemovedIsNotThere() {
    seenThenLocked(
        2,
        () -> map.remove(TestMap.key(2)),
        (seen, leaf) -> assertEquals(Leaf.NONE, LeafSight.find(seen, leaf, name(2))));
  }

  @Test
  void anEntryThatWasAddedIsThere() {
    seenThenLocked(
        KEYS,
        () -> map.putAll(KEYS, KEYS + 1),
        (seen, leaf) -> {
          int entry = LeafSight.find(seen, leaf, name(KEYS));
          assertNotEquals(Leaf.NONE, entry);
          assertTrue(Arrays.equals(TestMap.key(KEYS), leaf.key(entry)));
        });
  }

  /** The hashes of a leaf that was split are covered by two: each key's by its own. */
  @Test
  void aLeafThatWasSplitIsLookedForAgain() {
    try (map) {
      FatHeader header = access.holdHeader();
      LeafSight[] seen = new LeafSight[KEYS];
      for (int i = 0; i < KEYS; i++) {
        seen[i] = look(header, name(i));
      }
      map.putAll(KEYS, 200);
      for (int i = 0; i < KEYS; i++) {
        Leaf leaf = access.lockExclusive(header, name(i).hash(), seen[i]);
        assertTrue(leaf.coversHash(name(i).hash()));
        int entry = LeafSight.find(seen[i], leaf, name(i));
        assertTrue(Arrays.equals(TestMap.key(i), leaf.key(entry)));
        access.unlockExclusive(leaf);
      }
      access.release(header);
    }
  }

  /** A look under a change would be of no use: nothing is seen of a leaf that is locked. */
  @Test
  void aLeafThatIsLockedIsNotLookedAt() {
    try (map) {
      FatHeader header = access.holdHeader();
      assertNotNull(look(header, name(1)));
      Leaf leaf = access.lockExclusive(header, name(1).hash(), null);
      assertNull(access.look(name(1)));
      access.unlockExclusive(leaf);
      assertSame(leaf, access.lockExclusive(header, name(1).hash(), access.look(name(1))));
      access.unlockExclusive(leaf);
      access.release(header);
    }
  }

  /** Keys that are words have other names; their entries are not seen as those of strings. */
  @Test
  void wordsAreNotLookedFor() {
    try (map) {
      FatHeader header = access.holdHeader();
      look(header, name(1));
      assertFalse(name(1).form() != null);
      ZapName words = ZapName.of(new byte[16], SALT, ZapName.FLAG_UINT64_KEY, 1023);
      assertNull(access.look(words.withHash(name(1).hash())));
      access.release(header);
    }
  }
}
