// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.error.ClosedException;

/** A scrub of a store that others use, and close. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ScrubStoreTest {
  private static final int VALUE_BYTES = 100_000;
  private static final int VALUES = 60;

  private static ZapStore newStore() {
    ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();
    Random random = new Random(3);
    for (int i = 0; i < VALUES; i++) {
      store.map("m").put("key " + i, Seeds.bytes(random, VALUE_BYTES));
    }
    store.sync();
    return store;
  }

  @Test
  void shouldReadEverythingAndTellHowFarItIs() {
    try (ZapStore store = newStore()) {
      AtomicLong last = new AtomicLong();
      ScrubReport report =
          store.scrub(
              0,
              (done, total) -> {
                assertTrue(last.get() <= done && done <= total, () -> done + " of " + total);
                last.set(done);
              });
      assertTrue(report.isClean());
      assertEquals(List.of(), report.problems());
      assertEquals(report.bytes(), last.get());
      assertTrue(report.bytes() > (long) VALUES * VALUE_BYTES);
      assertTrue(report.blocks() > VALUES);
      assertEquals(0, report.mendedCopies());
      assertThrows(IllegalArgumentException.class, () -> store.scrub(-1, (done, total) -> {}));
    }
  }

  @Test
  void shouldFindNothingWrongWhileOthersWrite() {
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = newStore()) {
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                Random random = new Random(4);
                while (!stop.get()) {
                  String key = "key " + random.nextInt(VALUES);
                  store.map("m").put(key, Seeds.bytes(random, VALUE_BYTES));
                  store.map("m").put("small " + random.nextInt(2000), key);
                }
              });
      try {
        for (int round = 0; round < 15; round++) {
          assertEquals(List.of(), store.scrub(0, (done, total) -> {}).problems());
        }
      } finally {
        stop.set(true);
      }
      writer.join();
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  @Test
  void shouldEndWhenTheStoreIsClosedBetweenSteps() {
    ZapStore store = newStore();
    assertThrows(ClosedException.class, () -> store.scrub(0, (done, total) -> store.close()));
    assertThrows(ClosedException.class, () -> store.scrub(0, (done, total) -> {}));
  }

  @Test
  void shouldEndWhenTheStoreIsClosedWhileItWaits() {
    ZapStore store = newStore();
    AtomicLong now = new AtomicLong();
    // A byte a second: it would wait for hours.
    ScrubPace pace =
        new ScrubPace(
            1,
            now::get,
            nanos -> {
              now.addAndGet(nanos);
              store.close();
            });
    assertThrows(ClosedException.class, () -> store.scrub(pace, (done, total) -> {}));
    assertEquals(100_000_000, now.get());
  }

  @Test
  void shouldReadInSmallStepsWhenItIsSlow() {
    try (ZapStore store = newStore()) {
      AtomicLong now = new AtomicLong();
      ScrubPace pace = new ScrubPace(1 << 20, now::get, now::addAndGet);
      ScrubReport report = store.scrub(pace, (done, total) -> {});
      double seconds = (double) report.bytes() / (1 << 20);
      assertFalse(now.get() < (seconds - 0.5) * 1e9, () -> now + " for " + report);
      assertFalse(now.get() > (seconds + 0.5) * 1e9, () -> now + " for " + report);
    }
  }
}
