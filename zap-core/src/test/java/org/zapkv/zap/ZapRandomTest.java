// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.zapkv.zap.ShrinkPolicy.FORMAT_FAITHFUL;
import static org.zapkv.zap.ShrinkPolicy.MERGE;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;

/** Random operations against a model, with small key spaces and small blocks. */
class ZapRandomTest {
  private static final int OPERATIONS = 4000;

  @ParameterizedTest
  @CsvSource({
    "9,0", "10,0", "11,0", "12,0", "13,0", "14,0", "17,0", "9,1", "10,1", "12,3", "14,7", "15,1"
  })
  void doesWhatAHashMapDoes(int blockShift, int flags) {
    Seeds.run(random -> new Run(random, blockShift, flags).go());
  }

  private static final class Run {
    private final Random random;
    private final boolean uint64;
    private final int keySpace;
    private final int growth;
    private final int largestValue;
    private final Map<String, ZapValue> model = new HashMap<>();
    private final TestMap map;
    private CookieWalk walk;

    Run(Random random, int blockShift, int flags) {
      this.random = random;
      this.uint64 = ZapName.isUint64(flags);
      this.keySpace = 10 << random.nextInt(8);
      this.growth = 30 + random.nextInt(50);
      // A leaf that has room for one entry only is split as deep as two hashes are alike, and the
      // table then is as long as that: some entries have to fit.
      this.largestValue = 1 << random.nextInt(Math.min(10, blockShift - 3));
      ZapParameters parameters =
          ZapParameters.DEFAULT
              .withFatBlockShift(blockShift)
              .withFlagBits(flags)
              .withMicroMaxBytes(512 << random.nextInt(6))
              .withShrinkPolicy(random.nextInt(4) == 0 ? FORMAT_FAITHFUL : MERGE)
              .withSaltSource(random::nextLong);
      this.map = TestMap.create(parameters, 64 << 20, new ReusingLeafCreator());
      this.walk = new CookieWalk(model.keySet());
    }

    void go() {
      for (int i = 1; i <= OPERATIONS; i++) {
        // Once the map is to shrink away: the same operations with few additions.
        operation(i < OPERATIONS * 3 / 4 ? growth : 15);
        if (random.nextInt(400) == 0) {
          map.sync();
        }
        if (random.nextInt(1500) == 0) {
          map.reopen();
        }
        if (random.nextInt(60) == 0) {
          map.assertSound();
        }
        if (random.nextInt(80) == 0) {
          walk.goOn(map.zap(), random.nextInt(keySpace));
          if (walk.isDone()) {
            walk = new CookieWalk(model.keySet());
          }
        }
        if (i % 1000 == 0) {
          compare();
        }
      }
      map.close();
    }

    private byte[] key() {
      int number = random.nextInt(keySpace);
      if (uint64) {
        byte[] words = new byte[8 * (1 + number % 3)];
        new Random(number).nextBytes(words);
        return words;
      }
      return switch (number) {
        case 0 -> new byte[0];
        case 1 -> TestMap.key("x".repeat(1023));
        default -> TestMap.key("x".repeat(number % 7 * (number % 5)) + number);
      };
    }

    private ZapValue value() {
      if (random.nextBoolean()) {
        return ZapValue.ofLong(random.nextLong());
      }
      int integerBytes = 1 << random.nextInt(4);
      byte[] bytes = new byte[random.nextInt(largestValue) / integerBytes * integerBytes];
      random.nextBytes(bytes);
      return new ZapValue(integerBytes, bytes);
    }

    private static String text(byte[] key) {
      return new String(key, StandardCharsets.ISO_8859_1);
    }

    private void operation(int additions) {
      byte[] key = key();
      if (random.nextInt(100) >= additions) {
        assertEquals(model.remove(text(key)), map.remove(key));
        walk.removed(text(key));
      } else {
        write(key, value());
      }
      byte[] other = key();
      assertEquals(model.get(text(other)), map.get(other));
      assertEquals(model.containsKey(text(other)), map.zap().contains(other));
    }

    private void write(byte[] key, ZapValue value) {
      ZapValue before = model.get(text(key));
      try {
        if (random.nextBoolean()) {
          assertEquals(before == null, map.add(key, value));
          model.putIfAbsent(text(key), value);
        } else {
          assertEquals(before, map.put(key, value));
          model.put(text(key), value);
        }
      } catch (ValueTooLargeException | MapFullException e) {
        assertEquals(before, map.get(key));
      }
    }

    private void compare() {
      assertEquals(model.size(), map.zap().count());
      assertEquals(model, map.content());
      map.assertSound();
      assertNotNull(map.zap().statistics());
      byte[] image = map.image();
      map.reopen();
      assertArrayEquals(image, map.image());
    }
  }

  /** A walk by cookies alone, with whatever happens to the map between its steps. */
  private static final class CookieWalk {
    private final Set<String> staying;
    private final Set<String> seen = new HashSet<>();
    private final Set<String> removed = new HashSet<>();
    private long cookie;
    private boolean done;

    CookieWalk(Set<String> keys) {
      this.staying = new HashSet<>(keys);
    }

    void removed(String key) {
      staying.remove(key);
      removed.add(key);
    }

    void goOn(Zap zap, int steps) {
      try (ZapCursor cursor = zap.cursor(cookie)) {
        for (int i = 0; i < steps && !done; i++) {
          done = !cursor.next();
          if (!done) {
            String key = new String(cursor.key(), StandardCharsets.ISO_8859_1);
            assertTrue(seen.add(key) || removed.contains(key), () -> "twice: " + key);
          }
        }
        cookie = cursor.nextCookie();
      }
      if (done) {
        staying.removeAll(seen);
        assertEquals(Set.of(), staying, "not met by the walk");
      }
    }

    boolean isDone() {
      return done;
    }
  }
}
