// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.MapExistsException;
import org.zapkv.pool.Compression;

/** Random operations on a few maps against a HashMap each; the store is reopened on the way. */
class StoreModelTest {
  @TempDir Path directory;

  @ParameterizedTest(name = "leaf {0}, cache {1}, direct {2}")
  @CsvSource({
    "4096,4194304,false",
    "4096,4194304,true",
    "16384,4194304,false",
    "16384,67108864,false",
    "131072,8388608,false",
    "131072,8388608,true"
  })
  void aStoreIsASetOfMaps(int leafBytes, long cacheBytes, boolean direct) {
    long seed = Seeds.next();
    new Run(seed, leafBytes, cacheBytes, direct).play(12_000);
  }

  @Test
  void oneSeedThatIsAlwaysPlayed() {
    new Run(42, 4096, 4 << 20, false).play(12_000);
  }

  private final class Run {
    private final long seed;
    private final Random random;
    private final ZapStoreBuilder builder;
    private final List<String> names = List.of("a", "b", "c");
    private final Map<String, Map<String, Object>> model = new HashMap<>();
    private ZapStore store;
    private int step;

    Run(long seed, int leafBytes, long cacheBytes, boolean direct) {
      this.seed = seed;
      this.random = new Random(seed);
      this.builder =
          ZapStore.builder()
              .leafBytes(leafBytes)
              .cacheBytes(cacheBytes)
              .directIo(direct)
              .compression(direct ? Compression.LZ4 : Compression.NONE)
              .durability(Durability.NONE);
      names.forEach(name -> model.put(name, new HashMap<>()));
    }

    void play(int steps) {
      store = builder.open(directory.resolve("s"));
      try {
        for (step = 0; step < steps; step++) {
          playStep();
        }
        verifyAll();
        store.close();
        store = builder.open(directory.resolve("s"));
        verifyAll();
        assertEquals(List.of(), store.check((done, total) -> {}).problems());
      } catch (Throwable e) {
        throw new AssertionError("-Dzap.seed=" + seed + " step=" + step, e);
      } finally {
        store.close();
      }
    }

    private void playStep() {
      int dice = random.nextInt(1000);
      // Phases of growth and of shrinking, so that leaves split and merge.
      boolean growing = (step / 3000) % 2 == 0;
      if (dice < 3) {
        store.sync();
      } else if (dice < 4) {
        store.close();
        store = builder.open(directory.resolve("s"));
      } else if (dice < 5 && random.nextInt(3) == 0) {
        playLife();
      } else if (dice < 14) {
        playBatch();
      } else if (dice < (growing ? 600 : 250)) {
        put();
      } else if (dice < 800) {
        remove();
      } else {
        compareOne();
      }
    }

    private void playLife() {
      String name = name();
      ZapMap map = store.map(name);
      switch (random.nextInt(3)) {
        case 0 -> {
          store.dropMap(name);
          assertThrows(MapDroppedException.class, map::size);
          model.get(name).clear();
        }
        case 1 -> {
          map.clear();
          model.get(name).clear();
        }
        default -> {
          String other = name();
          store.map(other);
          if (other.equals(name)) {
            assertThrows(MapExistsException.class, () -> store.renameMap(name, other));
          } else {
            store.dropMap(other);
            store.renameMap(name, other);
            model.put(other, model.put(name, new HashMap<>()));
          }
        }
      }
    }

    private void put() {
      String name = name();
      String key = key();
      if (random.nextInt(3) == 0) {
        long value = random.nextLong();
        map(name).putLong(key, value);
        model.get(name).put(key, value);
      } else {
        String value = value();
        map(name).put(key, value);
        model.get(name).put(key, value);
      }
    }

    private void remove() {
      String name = name();
      String key = key();
      boolean there = model.get(name).remove(key) != null;
      assertEquals(there, map(name).remove(key));
    }

    private void playBatch() {
      Batch batch = store.batch();
      for (int i = random.nextInt(random.nextInt(4) == 0 ? 600 : 60); i >= 0; i--) {
        String name = name();
        String key = key();
        if (random.nextInt(4) == 0) {
          batch.remove(store.map(name), key);
          model.get(name).remove(key);
        } else {
          String value = value();
          batch.put(store.map(name), key, value);
          model.get(name).put(key, value);
        }
      }
      batch.commit(random.nextInt(10) == 0 ? Durability.SYNC : Durability.NONE);
    }

    private void compareOne() {
      String name = name();
      String key = key();
      ZapEntry entry = store.map(name).entry(key.getBytes(StandardCharsets.UTF_8));
      assertEquals(model.get(name).get(key), entry == null ? null : valueOf(entry));
      assertEquals(model.get(name).size(), store.map(name).size());
    }

    private void verifyAll() {
      for (String name : names) {
        Map<String, Object> seen = new HashMap<>();
        store.map(name).forEach(e -> seen.put(e.keyString(), valueOf(e)));
        assertEquals(model.get(name), seen);
      }
    }

    private Object valueOf(ZapEntry entry) {
      return entry.isLong() ? (Object) entry.longValue() : entry.valueString();
    }

    private ZapMap map(String name) {
      Durability durability =
          switch (random.nextInt(100)) {
            case 0 -> Durability.SYNC;
            case 1 -> Durability.async(Duration.ofMillis(1));
            default -> Durability.NONE;
          };
      return store.map(name).withDurability(durability);
    }

    private String name() {
      return names.get(random.nextInt(names.size()));
    }

    private String key() {
      int n = random.nextInt(1500);
      return n % 50 == 0 ? "long key ".repeat(n % 100) + n : "k" + n;
    }

    private String value() {
      int dice = random.nextInt(200);
      int length = dice == 0 ? random.nextInt(300_000) : dice < 10 ? random.nextInt(5000) : dice;
      return String.valueOf((char) ('a' + dice % 26)).repeat(length);
    }
  }
}
