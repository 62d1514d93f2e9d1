// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.ClosedException;

/** An intent log gives back what was appended, from a position on. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class IntentLogTest {
  private final SplittableRandom random = new SplittableRandom(5);
  private final MemoryDevice device = new MemoryDevice();

  private static void assertRecords(List<byte[]> expected, List<byte[]> found) {
    assertEquals(expected.size(), found.size(), "count of records");
    for (int i = 0; i < found.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "record " + i);
    }
  }

  @Test
  void recordsOfAnyLengthComeBackInTheirOrder() {
    List<byte[]> records = new ArrayList<>();
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      from = log.durable;
      for (int length : new int[] {0, 1, 0, 140, 448, 511, 512, 4096, 70_000, 3, 1 << 20, 0}) {
        byte[] record = TestLog.bytes(random, length);
        records.add(record);
        assertEquals(records.size(), log.append(record));
      }
      assertEquals(0, log.log.durableSequence());
      log.log.awaitDurable(records.size());
      assertEquals(records.size(), log.log.durableSequence());
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertRecords(records, log.replay());
      assertRecords(records, log.replay());
      assertEquals(from, log.log.position());
      assertFalse(log.log.wasTorn());
    }
  }

  @Test
  void aRecordMayConsistOfParts() {
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      from = log.durable;
      log.append();
      log.append(new byte[0], new byte[] {1, 2}, new byte[0], new byte[] {3}, new byte[0]);
      log.log.awaitDurable(2);
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertRecords(List.of(new byte[0], new byte[] {1, 2, 3}), log.replay());
    }
  }

  @Test
  void whatIsInASyncedGroupIsNotReplayed() {
    LogPosition from;
    byte[] last = TestLog.bytes(random, 100);
    try (TestLog log = TestLog.create(device)) {
      log.append(TestLog.bytes(random, 100));
      log.append(TestLog.bytes(random, 100_000));
      log.append(TestLog.bytes(random, 100));
      // In the middle of a block, which begins with the end of the second record.
      log.syncGroup();
      from = log.durable;
      assertEquals(3, from.sequence());
      assertEquals(3, log.log.durableSequence());
      log.append(last);
      log.log.awaitDurable(4);
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertRecords(List.of(last), log.replay());
      assertEquals(4, log.log.lastSequence());
      log.log.start();
      log.syncGroup();
      assertEquals(5, log.append(last));
    }
  }

  @Test
  void afterTheStartNothingIsDurableBeforeAGroupHasThePosition() throws Exception {
    try (BufferCache cache = TestLog.newCache();
        IntentLog log = IntentLog.create(device, cache, TestLog.STORE_ID)) {
      log.start();
      assertTrue(log.wantsPosition());
      assertTrue(log.tryReserve(1));
      log.append(new byte[1]);
      Thread waiter = new Thread(() -> log.awaitDurable(1));
      waiter.start();
      Waiting.untilItWaits("a group", waiter);
      LogPosition position = log.position();
      log.released(LogPosition.NONE);
      assertTrue(log.wantsPosition());
      assertEquals(0, log.durableSequence());
      log.released(position);
      Waiting.forEnd(waiter);
      assertEquals(1, log.durableSequence());
      assertFalse(log.wantsPosition());
    }
  }

  @Test
  void whatAStartWithoutAGroupHasLeftIsNeverTaken() {
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      from = log.durable;
    }
    try (TestLog log = TestLog.open(device, from)) {
      log.replay();
      log.log.start();
      // Some of it is written, at the place where the next start begins.
      assertTrue(log.log.tryReserve(3 * TestLog.SEGMENT_BYTES));
      log.log.append(TestLog.bytes(random, 1000));
      log.log.append(TestLog.bytes(random, 3 * TestLog.SEGMENT_BYTES - 1000));
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertEquals(0, log.replay().size());
      log.log.start();
      log.syncGroup();
      from = log.durable;
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertEquals(0, log.replay().size());
    }
  }

  @Test
  void whatComesAfterThePositionStaysWhenThePositionIsReleased() {
    List<byte[]> records = new ArrayList<>();
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      from = log.log.position();
      for (int i = 0; i < 10; i++) {
        records.add(TestLog.bytes(random, TestLog.SEGMENT_BYTES));
        log.append(records.get(i));
        if (i == 4) {
          log.log.released(from);
        }
      }
      log.log.awaitDurable(10);
    }
    try (TestLog log = TestLog.open(device, from)) {
      assertRecords(records, log.replay());
    }
  }

  @Test
  void afterTheEndEverythingIsRefused() {
    TestLog log = TestLog.create(device);
    log.append(new byte[1]);
    log.close();
    log.log.close();
    assertThrows(ClosedException.class, () -> log.log.append(new byte[1]));
    assertThrows(ClosedException.class, () -> log.log.tryReserve(1));
    assertThrows(ClosedException.class, () -> log.log.awaitDurable(1));
    log.log.awaitDurable(0);
  }

  @Test
  void isUsedInItsOrder() {
    try (TestLog log = TestLog.create(device)) {
      assertThrows(IllegalStateException.class, log.log::start);
      assertThrows(IllegalStateException.class, log::replay);
      assertThrows(IllegalArgumentException.class, () -> log.log.awaitDurable(1));
      assertThrows(
          IllegalArgumentException.class, () -> log.log.tryReserve(IntentLog.MAX_RECORD_BYTES + 1));
    }
    try (TestLog log = TestLog.open(device, LogPosition.NONE)) {
      assertThrows(IllegalStateException.class, log.log::start);
      assertThrows(IllegalStateException.class, () -> log.log.append(new byte[1]));
      assertEquals(0, log.replay().size());
      log.log.start();
    }
    assertEquals(new UUID(0x1234, 0x5678), TestLog.STORE_ID);
  }
}
