// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;

/** What choices are made of: chance, and which keys are there. */
@Tag("once")
final class ChoiceTest {
  @Test
  void logarithmicNumbersAreWithinTheirBounds() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          int least = Integer.MAX_VALUE;
          int most = 0;
          int low = 0;
          for (int i = 0; i < 10_000; i++) {
            int drawn = Chance.logarithmic(random, 3, 200);
            least = Math.min(least, drawn);
            most = Math.max(most, drawn);
            low += drawn < 24 ? 1 : 0;
            assertEquals(7, Chance.logarithmic(random, 7, 7));
          }
          assertEquals(3, least);
          assertEquals(200, most);
          // Three of seven powers of two.
          assertTrue(low > 3500 && low < 5500, "low=" + low);
        });
  }

  @Test
  void mixedNumbersAreDifferent() {
    Set<Long> mixed = new HashSet<>();
    for (long i = -50_000; i < 50_000; i++) {
      assertTrue(mixed.add(Chance.mixed(i)));
    }
    assertEquals(0, Chance.mixed(0));
  }

  @Test
  void skewedNumbersAreLowMostly() {
    SplittableRandom random = new SplittableRandom(1);
    int low = 0;
    for (int i = 0; i < 1000; i++) {
      int drawn = Chance.skewed(random, 80);
      assertTrue(drawn >= 0 && drawn < 80);
      low += drawn < 10 ? 1 : 0;
    }
    assertTrue(low > 400, "low=" + low);
  }

  @Test
  void theKeysOfALineAreASet() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          LineKeys keys = new LineKeys(12);
          Set<Integer> model = new HashSet<>();
          for (int i = 0; i < 5000; i++) {
            int number = random.nextInt(12);
            if (random.nextBoolean()) {
              keys.add(number);
              model.add(number);
            } else {
              keys.remove(number);
              model.remove(number);
            }
            assertEquals(model.isEmpty(), keys.isEmpty());
            if (!model.isEmpty()) {
              assertTrue(model.contains(keys.any(random)));
            }
          }
          Set<Integer> drawn = new HashSet<>();
          for (int i = 0; i < 2000 && !keys.isEmpty(); i++) {
            drawn.add(keys.any(random));
          }
          assertEquals(model, drawn);
        });
  }

  @Test
  void everyKeyOfAShapeIsAnother() {
    for (KeyShape shape : KeyShape.values()) {
      Set<String> keys = new HashSet<>();
      for (int thread = 0; thread < 3; thread++) {
        for (int number = 0; number < 2000; number++) {
          String key = shape.key(thread, number, 400);
          assertTrue(keys.add(key), key);
          assertEquals("t" + thread, Edit.lineOf(key));
          assertTrue(key.length() <= 400, key);
          assertEquals(key, shape.key(thread, number, 400));
        }
      }
    }
  }
}
