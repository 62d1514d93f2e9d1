// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.pool.Transaction;

/** {@link Zap#applyAll}: the same as the changes one by one. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ZapBatchTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

  // What a failed change of the shape logs is as expected as it is much.
  private static final java.util.logging.Logger LOGGER =
      java.util.logging.Logger.getLogger(FatZap.class.getPackageName());

  @BeforeAll
  static void silence() {
    LOGGER.setLevel(java.util.logging.Level.OFF);
  }

  @AfterAll
  static void speak() {
    LOGGER.setLevel(null);
  }

  /** A change that knows whether it was made, and as which one. */
  private static final class Noted implements ZapChange {
    private final byte[] key;
    private final @Nullable ZapValue next;
    private final AtomicInteger clock;
    private @Nullable ZapValue previous;
    private int madeAt = -1;

    Noted(byte[] key, @Nullable ZapValue next, AtomicInteger clock) {
      this.key = key;
      this.next = next;
      this.clock = clock;
    }

    @Override
    public byte[] key() {
      return key;
    }

    @Override
    public @Nullable ZapValue next() {
      return next;
    }

    @Override
    public void made(@Nullable ZapValue before) {
      assertEquals(-1, madeAt, "told twice");
      madeAt = clock.getAndIncrement();
      previous = before;
    }
  }

  private static void apply(TestMap map, List<Noted> changes) {
    try (Transaction tx = map.object().begin()) {
      map.zap().applyAll(changes, tx);
    }
  }

  private static void sort(Zap zap, List<Noted> changes) {
    changes.sort((a, b) -> Long.compareUnsigned(zap.hash(a.key), zap.hash(b.key)));
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.ISO_8859_1);
  }

  /** Random batches, and what should be there after them. */
  private static final class Model {
    private final Random random;
    private final int keySpace;
    private final boolean uint64;
    private final boolean flooding;
    private final Map<String, ZapValue> content = new HashMap<>();

    Model(Random random, int keySpace, boolean uint64, boolean flooding) {
      this.random = random;
      this.keySpace = keySpace;
      this.uint64 = uint64;
      this.flooding = flooding;
    }

    byte[] key(int number) {
      if (uint64) {
        byte[] words = new byte[8 * (1 + number % 3)];
        new Random(number).nextBytes(words);
        return words;
      }
      // Some of one hash, so many that small leaves are flooded.
      return flooding && number % 4 == 1
          ? Collisions.key(number % 3, number)
          : TestMap.key("k" + number);
    }

    List<Noted> batch(int size, int removals) {
      AtomicInteger clock = new AtomicInteger();
      List<Noted> batch = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        byte[] key = key(random.nextInt(keySpace));
        batch.add(new Noted(key, random.nextInt(100) < removals ? null : value(), clock));
      }
      return batch;
    }

    private ZapValue value() {
      if (random.nextBoolean()) {
        return ZapValue.ofLong(random.nextLong());
      }
      byte[] bytes = new byte[random.nextInt(90)];
      random.nextBytes(bytes);
      return ZapValue.ofBytes(bytes);
    }

    /** All changes up to one were made, in order, with the right values before them. */
    void follow(List<Noted> batch, int made) {
      for (int i = 0; i < batch.size(); i++) {
        Noted change = batch.get(i);
        assertEquals(i < made ? i : -1, change.madeAt);
        if (i < made) {
          ZapValue before =
              change.next == null
                  ? content.remove(text(change.key))
                  : content.put(text(change.key), change.next);
          assertEquals(before, change.previous);
        }
      }
    }

    void compare(TestMap map) {
      assertEquals(content, map.content());
      assertEquals(content.size(), map.zap().count());
      map.assertSound();
    }
  }

  @ParameterizedTest
  @CsvSource({"9,0", "9,1", "10,0", "12,0", "14,0", "9,3", "12,3"})
  void doesWhatAHashMapDoes(int blockShift, int flags) {
    Seeds.run(
        random -> {
          ZapParameters parameters =
              ZapParameters.DEFAULT
                  .withFatBlockShift(blockShift)
                  .withFlagBits(flags)
                  .withMicroMaxBytes(512 << random.nextInt(4))
                  .withShrinkPolicy(
                      random.nextInt(4) == 0 ? ShrinkPolicy.FORMAT_FAITHFUL : ShrinkPolicy.MERGE)
                  .withSaltSource(random::nextLong);
          Model model = new Model(random, 10 << random.nextInt(9), ZapName.isUint64(flags), true);
          try (TestMap map = TestMap.create(parameters, 32 << 20, new ReusingLeafCreator())) {
            for (int i = 0; i < 40; i++) {
              List<Noted> batch = model.batch(random.nextInt(300), i < 30 ? 30 : 90);
              if (random.nextInt(4) != 0) {
                sort(map.zap(), batch);
              }
              apply(map, batch);
              model.follow(batch, batch.size());
              if (i % 10 == 9) {
                model.compare(map);
                map.reopen();
              }
            }
          }
        });
  }

  @Test
  void theBytesAreThoseOfChangesOneByOne() {
    Seeds.run(
        random -> {
          // No flood: the secret hash of an overflow is random.
          Model model = new Model(random, 400, false, false);
          try (TestMap together = TestMap.create(SMALL);
              TestMap oneByOne = TestMap.create(SMALL)) {
            for (int i = 0; i < 20; i++) {
              List<Noted> batch = model.batch(100, 35);
              sort(together.zap(), batch);
              apply(together, batch);
              for (Noted change : batch) {
                if (change.next == null) {
                  oneByOne.remove(change.key);
                } else {
                  oneByOne.put(change.key, change.next);
                }
              }
              assertArrayEquals(oneByOne.image(), together.image());
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void changesOfOneKeyKeepTheirOrder(boolean micro) {
    try (TestMap map = micro ? TestMap.create(SMALL) : TestMap.createFat(SMALL)) {
      AtomicInteger clock = new AtomicInteger();
      byte[] key = TestMap.key(1);
      List<Noted> changes = new ArrayList<>();
      changes.add(new Noted(key, ZapValue.ofLong(1), clock));
      changes.add(new Noted(key, ZapValue.ofLong(2), clock));
      changes.add(new Noted(key, null, clock));
      changes.add(new Noted(key, null, clock));
      changes.add(new Noted(key, ZapValue.ofLong(3), clock));
      apply(map, changes);
      assertNull(changes.get(0).previous);
      assertEquals(ZapValue.ofLong(1), changes.get(1).previous);
      assertEquals(ZapValue.ofLong(2), changes.get(2).previous);
      assertNull(changes.get(3).previous);
      assertNull(changes.get(4).previous);
      assertEquals(4, changes.get(4).madeAt);
      assertEquals(ZapValue.ofLong(3), map.get(key));
      assertEquals(1, map.zap().count());
      apply(map, List.of());
      assertEquals(micro, map.zap().isMicro());
    }
  }

  @Test
  void aBatchMakesAMapFatHalfWay() {
    try (TestMap map = TestMap.create(SMALL)) {
      AtomicInteger clock = new AtomicInteger();
      List<Noted> changes = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        ZapValue value = i < 100 ? ZapValue.ofLong(i) : ZapValue.ofBytes(new byte[i % 50]);
        changes.add(new Noted(TestMap.key(i), value, clock));
      }
      apply(map, changes);
      assertTrue(!map.zap().isMicro());
      assertEquals(300, map.zap().count());
      assertEquals(300, clock.get());
      assertEquals(ZapValue.ofLong(7), map.get(TestMap.key(7)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsBeforeARefusedChangeStands(boolean micro) {
    try (TestMap map = micro ? TestMap.create(SMALL) : TestMap.createFat(SMALL)) {
      AtomicInteger clock = new AtomicInteger();
      List<Noted> changes = new ArrayList<>();
      changes.add(new Noted(TestMap.key(1), ZapValue.ofLong(1), clock));
      changes.add(new Noted(TestMap.key(2), ZapValue.ofBytes(new byte[8193]), clock));
      changes.add(new Noted(TestMap.key(3), ZapValue.ofLong(3), clock));
      assertThrows(ValueTooLargeException.class, () -> apply(map, changes));
      assertEquals(1, clock.get());
      assertEquals(ZapValue.ofLong(1), map.get(TestMap.key(1)));
      assertNull(map.get(TestMap.key(3)));
      List<Noted> others = new ArrayList<>();
      others.add(new Noted(TestMap.key(4), ZapValue.ofLong(4), clock));
      others.add(new Noted(new byte[1024], ZapValue.ofLong(5), clock));
      assertThrows(KeyTooLongException.class, () -> apply(map, others));
      assertEquals(ZapValue.ofLong(4), map.get(TestMap.key(4)));
      // Fits a map, but no leaf of this one.
      List<Noted> large = new ArrayList<>();
      large.add(new Noted(TestMap.key(5), ZapValue.ofBytes(new byte[600]), clock));
      assertThrows(ValueTooLargeException.class, () -> apply(map, large));
      assertEquals(2, map.zap().count());
    }
  }

  @Test
  void aClosedMapTakesNoChanges() {
    TestMap map = TestMap.createFat(SMALL);
    map.zap().close();
    List<Noted> changes = List.of(new Noted(TestMap.key(1), null, new AtomicInteger()));
    assertThrows(ClosedException.class, () -> apply(map, changes));
    map.abandon();
  }

  @Test
  void keysAreEqualAsTheNormalizationSays() {
    ZapParameters parameters =
        SMALL.withNormalization(
            new Normalization(Normalization.LetterCase.UPPER, Normalization.Form.NONE));
    try (TestMap map = TestMap.createFat(parameters)) {
      AtomicInteger clock = new AtomicInteger();
      List<Noted> changes = new ArrayList<>();
      changes.add(new Noted(TestMap.key("a"), ZapValue.ofLong(1), clock));
      changes.add(new Noted(TestMap.key("A"), ZapValue.ofLong(2), clock));
      changes.add(new Noted(TestMap.key("a"), null, clock));
      apply(map, changes);
      assertEquals(ZapValue.ofLong(1), changes.get(2).previous);
      assertNull(map.get(TestMap.key("a")));
      assertEquals(ZapValue.ofLong(2), map.get(TestMap.key("A")));
    }
  }

  /** Every call below fails once: what was told stands, all else is as it was. */
  @Test
  void whatWasToldBeforeAFailureStands() {
    Seeds.run(
        random -> {
          int failures = 0;
          boolean again = true;
          for (int calls = 0; again; calls += 1 + random.nextInt(5)) {
            Model model = new Model(random, 150, false, true);
            try (TestMap map = TestMap.create(SMALL)) {
              List<Noted> before = model.batch(200, 20);
              apply(map, before);
              model.follow(before, before.size());
              FaultyBlockObject faulty = new FaultyBlockObject(map.cache(), map.object(), true);
              Zap zap = map.openOver(faulty);
              List<Noted> batch = model.batch(60, 45);
              sort(zap, batch);
              faulty.failAfter(calls);
              int made = batch.size();
              try (Transaction tx = map.object().begin()) {
                zap.applyAll(batch, tx);
              } catch (DeviceException e) {
                made = batch.stream().mapToInt(change -> change.madeAt + 1).max().orElseThrow();
                failures++;
              }
              again = faulty.hasFailed();
              model.follow(batch, made);
              zap.close();
              model.compare(map);
            }
          }
          assertTrue(failures > 10, () -> "few failures");
        });
  }

  /** Threads with keys of their own: batches, readers of them, a cursor, single changes. */
  @ParameterizedTest
  @CsvSource({"9,4", "12,16"})
  void everyThreadFindsWhatItWrote(int blockShift, int budgetMiB) {
    Seeds.run(
        random -> {
          ZapParameters parameters =
              ZapParameters.DEFAULT.withFatBlockShift(blockShift).withSaltSource(random::nextLong);
          long budget = (long) budgetMiB << 20;
          try (TestMap map = TestMap.create(parameters, budget, new ReusingLeafCreator())) {
            map.makeFat();
            List<Worker> workers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              workers.add(new Worker(map, i, random.nextLong()));
            }
            run(workers);
            Map<String, ZapValue> all = new HashMap<>();
            workers.forEach(worker -> all.putAll(worker.model));
            assertEquals(all, map.content());
            assertEquals(all.size(), map.zap().count());
          }
        });
  }

  private static void run(List<Worker> workers) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(workers.size());
    try {
      List<Future<?>> running = new ArrayList<>();
      workers.forEach(worker -> running.add(threads.submit(worker::run)));
      for (Future<?> worker : running) {
        worker.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static final class Worker {
    private static final int BATCHES = 60;

    private final TestMap map;
    private final int id;
    private final Random random;
    private final Map<String, ZapValue> model = new HashMap<>();

    Worker(TestMap map, int id, long seed) {
      this.map = map;
      this.id = id;
      this.random = new Random(seed);
    }

    private byte[] key(int number) {
      return TestMap.key("t" + id + "-" + number);
    }

    void run() {
      for (int i = 0; i < BATCHES; i++) {
        int keySpace = 20 << random.nextInt(6);
        batch(i, keySpace);
        for (int j = 0; j < 50; j++) {
          byte[] key = key(random.nextInt(keySpace));
          assertEquals(model.get(text(key)), map.get(key));
        }
        byte[] key = key(random.nextInt(keySpace));
        assertEquals(model.remove(text(key)), map.remove(key));
        if (i % 10 == id) {
          walk();
        }
      }
    }

    private void batch(int number, int keySpace) {
      AtomicInteger clock = new AtomicInteger();
      List<Noted> batch = new ArrayList<>();
      int removals = number % 3 == 2 ? 90 : 20;
      for (int i = random.nextInt(200); i >= 0; i--) {
        ZapValue value = random.nextInt(100) < removals ? null : ZapValue.ofLong(random.nextLong());
        batch.add(new Noted(key(random.nextInt(keySpace)), value, clock));
      }
      sort(map.zap(), batch);
      apply(map, batch);
      for (Noted change : batch) {
        ZapValue before =
            change.next == null
                ? model.remove(text(change.key))
                : model.put(text(change.key), change.next);
        assertEquals(before, change.previous);
      }
    }

    /** What nobody else changes is met once each, whatever the others do. */
    private void walk() {
      Map<String, ZapValue> met = new HashMap<>();
      String mine = "t" + id + "-";
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          String key = text(cursor.key());
          if (key.startsWith(mine)) {
            assertNull(met.put(key, cursor.value()), key);
          }
        }
      }
      assertEquals(model, met);
    }
  }
}
