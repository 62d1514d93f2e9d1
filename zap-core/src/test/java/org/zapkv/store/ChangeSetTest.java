// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.zapkv.testkit.ZapTest;

@ZapTest
class ChangeSetTest {

  /** Short keys, so that many are put again, of two maps. */
  private static MapKey anyKey(List<ZapMap> maps, Random random) {
    byte[] bytes = Seeds.bytes(random, random.nextInt(20));
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] &= (byte) (i == 0 ? 0x7F : 1);
    }
    return new MapKey(maps.get(random.nextInt(2)), bytes);
  }

  @Test
  void isWhatAHashMapIs(ZapStore store) {
    long seed = Seeds.next();
    Random random = new Random(seed);
    List<ZapMap> maps = List.of(store.map("a"), store.map("b"));
    ChangeSet set = new ChangeSet();
    Map<MapKey, Change> model = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      Change change = Change.remove(anyKey(maps, random));
      assertSame(model.put(change.key, change), set.put(change), "-Dzap.seed=" + seed);
      assertEquals(model.size(), set.size());
      assertSame(change, set.get(change.key), "-Dzap.seed=" + seed);
      MapKey asked = anyKey(maps, random);
      assertSame(model.get(asked), set.get(asked), "-Dzap.seed=" + seed);
      if (random.nextInt(5000) == 0) {
        assertEquals(Set.copyOf(model.values()), new HashSet<>(List.of(set.toArray())));
        model.clear();
        set.clear();
      }
    }
    assertEquals(Set.copyOf(model.values()), new HashSet<>(List.of(set.toArray())));
  }

  /** Of so many hashes of 32 bits that are chosen by lot two are equal once in twenty times. */
  @Test
  void keysThatDifferLittleSeldomHaveOneHash(ZapStore store) {
    long seed = Seeds.next();
    Random random = new Random(seed);
    ZapMap map = store.map("m");
    Set<MapKey> keys = new HashSet<>();
    Set<Integer> hashes = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(20)];
      bytes[random.nextInt(bytes.length)] = (byte) (1 << random.nextInt(8));
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      MapKey key = new MapKey(map, bytes);
      keys.add(key);
      hashes.add(key.hashCode());
    }
    int equal = keys.size() - hashes.size();
    assertTrue(equal <= 4, equal + " of " + keys.size() + " -Dzap.seed=" + seed);
  }

  @Test
  void keysThatDifferInLengthOnlyAreTwo(ZapStore store) {
    ZapMap map = store.map("m");
    ChangeSet set = new ChangeSet();
    for (int length = 0; length < 50; length++) {
      assertNull(set.put(Change.remove(new MapKey(map, new byte[length]))));
    }
    assertEquals(50, set.size());
  }
}
