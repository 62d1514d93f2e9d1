// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.error.MapFullException;
import org.zapkv.pool.Transaction;

/**
 * Random operations with keys that are often variants, against a model by normal form. {@code
 * -Dzap.normalization.operations} makes it longer.
 */
class NormalizationRandomTest {
  private static final int OPERATIONS = Integer.getInteger("zap.normalization.operations", 1000);
  private static final List<MatchType> MATCHES = List.of(MatchType.values());

  /** Pieces of keys: each has variants in case, in composition, or in compatibility. */
  private static final String[] PIECES = {
    "a",
    "A",
    "\u00E5",
    "\u00C5",
    "a\u030A",
    "A\u030A",
    "\u212B",
    "\uFB01",
    "fi",
    "FI",
    "\u00DF",
    "\u0131",
    "i",
    "I",
    "\u03C3",
    "\u03C2",
    "\u03A3",
    "\uD801\uDC00",
    "\uD801\uDC28",
    "\u1E9B\u0323"
  };

  @ParameterizedTest
  @ValueSource(ints = {0x2, 0x4, 0x10, 0x50, 0x20, 0x60, 0x12, 0x52, 0x22, 0x62, 0x14, 0x64})
  void doesWhatAModelByNormalFormDoes(int normflags) {
    Seeds.run(random -> new Run(random, normflags).go());
  }

  private static final class Run {
    private final Random random;
    private final int normflags;
    private final TestMap map;

    /** By normal form: the variants by cd, with gaps where some were removed. */
    private final Map<String, Variants> model = new HashMap<>();

    /** The keys of one normal form, by cd, and their values; null where there is none. */
    private static final class Variants {
      private final List<@Nullable String> keys = new ArrayList<>();
      private final List<@Nullable ZapValue> values = new ArrayList<>();
    }

    Run(Random random, int normflags) {
      this.random = random;
      this.normflags = normflags;
      ZapParameters parameters =
          ZapParameters.DEFAULT
              .withNormalization(Normalization.of(normflags))
              .withFatBlockShift(12 + random.nextInt(3))
              .withMicroMaxBytes(512 << random.nextInt(5))
              .withFlagBits(random.nextInt(4) == 0 ? ZapName.FLAG_HASH64 : 0)
              .withSaltSource(random::nextLong);
      this.map = TestMap.create(parameters, 32 << 20, new ReusingLeafCreator());
    }

    void go() {
      for (int i = 1; i <= OPERATIONS; i++) {
        operation(i < OPERATIONS * 2 / 3 ? 70 : 30);
        if (random.nextInt(300) == 0) {
          map.sync();
        }
        if (random.nextInt(600) == 0) {
          map.reopen();
        }
        if (i % 500 == 0) {
          compare();
        }
      }
      map.close();
    }

    private String key() {
      StringBuilder key = new StringBuilder();
      for (int pieces = random.nextInt(3); pieces >= 0; pieces--) {
        key.append(PIECES[random.nextInt(PIECES.length)]);
      }
      return key.toString();
    }

    /** Written otherwise than in the engine: by code point and char. */
    private String form(String key, boolean withCase) {
      StringBuilder converted = new StringBuilder();
      for (int i = 0; i < key.length(); i = key.offsetByCodePoints(i, 1)) {
        int codePoint = key.codePointAt(i);
        if ((normflags & 2) != 0 && withCase) {
          codePoint = Character.toUpperCase(codePoint);
        } else if ((normflags & 4) != 0) {
          codePoint = Character.toLowerCase(codePoint);
        }
        converted.appendCodePoint(codePoint);
      }
      return switch (normflags & 0x70) {
        case 0x10 -> Normalizer.normalize(converted, Normalizer.Form.NFD);
        case 0x50 -> Normalizer.normalize(converted, Normalizer.Form.NFC);
        case 0x20 -> Normalizer.normalize(converted, Normalizer.Form.NFKD);
        case 0x60 -> Normalizer.normalize(converted, Normalizer.Form.NFKC);
        default -> converted.toString();
      };
    }

    private boolean equal(String key, String other, MatchType match) {
      return switch (match) {
        case EXACT -> key.equals(other);
        case NORMALIZED -> form(key, true).equals(form(other, true));
        case MATCH_CASE -> form(key, false).equals(form(other, false));
      };
    }

    private Variants variants(String key) {
      return model.computeIfAbsent(form(key, true), form -> new Variants());
    }

    /** The cd of what a lookup finds, or -1. */
    private int find(String key, MatchType match) {
      List<@Nullable String> keys = variants(key).keys;
      for (int cd = 0; cd < keys.size(); cd++) {
        String other = keys.get(cd);
        if (other != null && equal(other, key, match)) {
          return cd;
        }
      }
      return -1;
    }

    private @Nullable ZapMatch expected(String key, MatchType match) {
      int cd = find(key, match);
      if (cd < 0) {
        return null;
      }
      Variants variants = variants(key);
      String found = variants.keys.get(cd);
      long equal = variants.keys.stream().filter(k -> k != null && equal(k, key, match)).count();
      return new ZapMatch(found.getBytes(UTF_8), variants.values.get(cd), equal > 1);
    }

    private void operation(int additions) {
      String key = key();
      MatchType match = MATCHES.get(random.nextInt(MATCHES.size()));
      if (random.nextInt(100) < additions) {
        put(key, value());
      } else {
        remove(key, match);
      }
      String other = key();
      assertEquals(
          expected(other, match),
          map.zap().lookup(other.getBytes(UTF_8), match),
          () -> other + " " + match);
    }

    private ZapValue value() {
      return random.nextInt(20) == 0
          ? ZapValue.ofBytes(new byte[random.nextInt(60)])
          : ZapValue.ofLong(random.nextLong());
    }

    private void put(String key, ZapValue value) {
      int cd = find(key, MatchType.EXACT);
      Variants variants = variants(key);
      if (cd >= 0) {
        assertEquals(variants.values.set(cd, value), map.put(key.getBytes(UTF_8), value));
        return;
      }
      try {
        assertEquals(true, map.add(key.getBytes(UTF_8), value));
      } catch (MapFullException e) {
        // All variants of a key share a hash, and so a leaf.
        assertEquals(null, map.get(key.getBytes(UTF_8)));
        return;
      }
      int unused = variants.keys.indexOf(null);
      if (unused < 0) {
        variants.keys.add(key);
        variants.values.add(value);
      } else {
        variants.keys.set(unused, key);
        variants.values.set(unused, value);
      }
    }

    private void remove(String key, MatchType match) {
      ZapMatch expected = expected(key, match);
      int cd = find(key, match);
      try (Transaction tx = map.object().begin()) {
        assertEquals(expected, map.zap().remove(key.getBytes(UTF_8), match, tx));
      }
      if (cd >= 0) {
        variants(key).keys.set(cd, null);
        variants(key).values.set(cd, null);
      }
    }

    private void compare() {
      Map<String, ZapValue> entries = new HashMap<>();
      Map<String, Boolean> conflicts = new HashMap<>();
      model
          .values()
          .forEach(
              variants -> {
                long count = variants.keys.stream().filter(key -> key != null).count();
                for (int cd = 0; cd < variants.keys.size(); cd++) {
                  String key = variants.keys.get(cd);
                  if (key != null) {
                    entries.put(key, variants.values.get(cd));
                    conflicts.put(key, count > 1);
                  }
                }
              });
      assertEquals(entries.size(), map.zap().count());
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          String key = new String(cursor.key(), UTF_8);
          assertEquals(entries.remove(key), cursor.value(), key);
          assertEquals(conflicts.get(key), cursor.conflict(), key);
        }
      }
      assertEquals(Map.of(), entries);
      map.assertSound();
    }
  }
}
