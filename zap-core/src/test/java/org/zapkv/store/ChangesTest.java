// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.zapkv.testkit.ZapTest;

@ZapTest
class ChangesTest {
  private static long upperHash(Change change) {
    return change.key.map.zap().hash(change.key.bytes) >>> Integer.SIZE;
  }

  @Test
  void thoseOfAMapAreTogetherInTheOrderOfTheirHashes(ZapStore store) {
    long seed = Seeds.next();
    Random random = new Random(seed);
    List<ZapMap> maps = List.of(store.map("a"), store.map("b"), store.map("c"));
    List<Change> given = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      given.add(Change.remove(new MapKey(maps.get(random.nextInt(3)), Keys.utf8("key " + i))));
    }
    Changes ordered = Changes.inOrder(given.toArray(Change[]::new));
    assertEquals(given.size(), ordered.size());
    assertEquals(new HashSet<>(given), new HashSet<>(ordered));
    Set<ZapMap> seen = new HashSet<>(Set.of(ordered.get(0).key.map));
    for (int i = 1; i < ordered.size(); i++) {
      Change before = ordered.get(i - 1);
      Change change = ordered.get(i);
      if (change.key.map != before.key.map) {
        assertTrue(seen.add(change.key.map), "the changes of a map are apart");
      } else {
        assertTrue(upperHash(before) <= upperHash(change), "-Dzap.seed=" + seed);
      }
    }
  }

  @Test
  void aStretchHasTheSameChanges(ZapStore store) {
    Change[] all = new Change[10];
    for (int i = 0; i < all.length; i++) {
      all[i] = Change.remove(new MapKey(store.map("m"), new byte[] {(byte) i}));
    }
    Changes changes = Changes.inOrder(all);
    Changes stretch = changes.subList(2, 9).subList(1, 4);
    assertEquals(3, stretch.size());
    assertSame(changes.get(3), stretch.get(0));
    assertSame(changes.get(5), stretch.get(2));
  }
}
