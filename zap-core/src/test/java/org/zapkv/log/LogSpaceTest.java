// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFullException;

/** A log takes as much of its device as it needs, and goes on when the device is full. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogSpaceTest {
  private static final int SEGMENT = TestLog.SEGMENT_BYTES;

  private final SplittableRandom random = new SplittableRandom(11);

  private static long segments(MemoryDevice device) {
    return (device.sizeBytes() - LogHeadLayout.HEAD_BYTES) / SEGMENT;
  }

  @Test
  void aSteadyLoadTakesThreeSegmentsAtMost() {
    MemoryDevice device = new MemoryDevice();
    try (TestLog log = TestLog.create(device)) {
      for (int i = 1; i < 4000; i++) {
        log.append(TestLog.bytes(random, random.nextInt(600)));
        if (i % 3 == 0) {
          log.log.awaitDurable(i);
        }
        if (i % 20 == 0) {
          log.syncGroup();
        }
      }
      assertTrue(segments(device) <= 3, "segments " + segments(device));
    }
  }

  @Test
  void usedBytesAreThoseThatAReplayWouldRead() {
    try (TestLog log = TestLog.create(new MemoryDevice())) {
      assertEquals(0, log.log.usedBytes());
      long sum = 0;
      for (int i = 1; i <= 200; i++) {
        log.append(TestLog.bytes(random, 1000));
        log.log.awaitDurable(i);
        sum += 1536;
        assertEquals(sum, log.log.usedBytes());
      }
      log.syncGroup();
      assertEquals(0, log.log.usedBytes());
    }
  }

  @Test
  void whatIsFreeForLongIsCutOff() {
    MemoryDevice device = new MemoryDevice();
    try (TestLog log = TestLog.create(device)) {
      log.append(TestLog.bytes(random, 40 * SEGMENT));
      log.log.awaitDurable(1);
      assertTrue(segments(device) > 40);
      log.syncGroup();
      log.append(TestLog.bytes(random, SEGMENT));
      log.log.awaitDurable(2);
      log.syncGroup();
      // Nothing is cut off while the thread that makes the log larger is at it.
      Waiting.until("the end to be cut off", () -> isCut(log, device));
      assertTrue(log.log.tryReserve(30 * SEGMENT));
      log.syncGroup();
      assertTrue(segments(device) > 30, "what is reserved was cut off");
      log.log.release(30 * SEGMENT);
    }
    assertEquals(2, segments(device));
  }

  /** After one more group. */
  private static boolean isCut(TestLog log, MemoryDevice device) {
    log.syncGroup();
    return segments(device) < 20;
  }

  @Test
  void onlyACleanEndMakesTheFileSmall() {
    MemoryDevice device = new MemoryDevice();
    byte[] last = TestLog.bytes(random, 10);
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      log.append(TestLog.bytes(random, 5 * SEGMENT));
      log.syncGroup();
      from = log.durable;
      log.append(last);
      log.log.awaitDurable(2);
    }
    assertTrue(segments(device) > 5);
    try (TestLog log = TestLog.open(device, from)) {
      assertArrayEquals(last, log.replay().get(0));
      log.log.start();
      log.syncGroup();
      from = log.durable;
    }
    assertEquals(2, segments(device));
    // The position may lie in what was cut off.
    try (TestLog log = TestLog.open(device, from)) {
      assertEquals(List.of(), log.replay());
      log.log.start();
      log.syncGroup();
      assertEquals(3, log.append(last));
      assertEquals(2, segments(device));
    }
  }

  @Test
  void onAFullDeviceASyncedGroupMakesRoom() {
    MemoryDevice device =
        new MemoryDevice("small-device", LogHeadLayout.HEAD_BYTES + 4 * SEGMENT + 100);
    int refused = 0;
    try (TestLog log = TestLog.create(device)) {
      for (int i = 1; i < 2000; i++) {
        byte[] record = TestLog.bytes(random, random.nextInt(2000));
        if (!log.log.tryReserve(record.length)) {
          refused++;
          assertTrue(log.log.wantsPosition());
          log.syncGroup();
          assertFalse(log.log.wantsPosition());
          assertTrue(log.log.tryReserve(record.length), "no room after a group, record " + i);
        }
        log.log.append(record);
        log.log.release(record.length);
      }
      assertTrue(refused > 10, "refused " + refused);
      assertThrows(StoreFullException.class, () -> log.log.tryReserve(4 * SEGMENT));
      assertEquals(LogHeadLayout.HEAD_BYTES + 4 * SEGMENT, device.sizeBytes());
      log.log.awaitDurable(1999);
    }
  }

  @Test
  void twoSegmentsAreEnoughForEver() {
    MemoryDevice device = new MemoryDevice("small-device", LogHeadLayout.HEAD_BYTES + 2 * SEGMENT);
    LogPosition from = LogPosition.NONE;
    TestLog.create(device).close();
    for (int round = 0; round < 20; round++) {
      try (TestLog log = TestLog.open(device, from)) {
        int count = log.replay().size();
        assertTrue(round == 0 || count > 0);
        log.log.start();
        log.syncGroup();
        for (int i = 0; i < 100 + round; i++) {
          log.append(TestLog.bytes(random, 1000));
          log.log.awaitDurable(log.log.lastSequence());
        }
        from = log.durable;
      }
    }
  }

  /** File systems that write elsewhere need room to make a file smaller. */
  @Test
  void aLogThatCannotBeCutGoesOn() {
    MemoryDevice memory = new MemoryDevice();
    HookedDevice device = new HookedDevice(memory);
    AtomicInteger refusals = new AtomicInteger();
    try (TestLog log = TestLog.create(device)) {
      log.append(TestLog.bytes(random, 40 * SEGMENT));
      log.log.awaitDurable(1);
      device.beforeTruncate(
          () -> {
            refusals.incrementAndGet();
            throw new StoreFullException("no room to truncate");
          });
      for (int i = 2; i < 60; i++) {
        log.syncGroup();
        log.append(TestLog.bytes(random, i % 20 == 0 ? 30 * SEGMENT : 100));
        log.log.awaitDurable(i);
      }
      // Not while the thread that makes the log larger is at it.
      Waiting.until("a try to cut it", () -> isRefused(log, refusals));
      log.syncGroup();
    }
    assertTrue(segments(memory) > 30, "segments " + segments(memory));
  }

  private static boolean isRefused(TestLog log, AtomicInteger refusals) {
    log.syncGroup();
    return refusals.get() > 0;
  }

  @Test
  void withoutRoomForASegmentThereIsNoLog() {
    MemoryDevice device = new MemoryDevice("small-device", LogHeadLayout.HEAD_BYTES + SEGMENT - 1);
    assertThrows(StoreFullException.class, () -> TestLog.create(device));
  }
}
