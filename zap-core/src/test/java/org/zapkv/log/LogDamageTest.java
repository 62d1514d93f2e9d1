// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.error.CorruptException;
import org.zapkv.error.FormatTooNewException;

/** Damage of what had been durable is reported, and nothing after it is given out. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogDamageTest {
  private static final int RECORDS = 40;

  private final MemoryDevice device = new MemoryDevice();
  private final List<byte[]> records = new ArrayList<>();

  /** Where the block of each record begins, and where the last one ends. */
  private final List<Long> offsets = new ArrayList<>();

  private LogPosition from = LogPosition.NONE;

  /** One block for each record, and each flushed before the next. */
  private void write(SplittableRandom random) {
    try (TestLog log = TestLog.create(device)) {
      from = log.durable;
      for (int i = 1; i <= RECORDS; i++) {
        byte[] record = TestLog.bytes(random, 1 + random.nextInt(900));
        records.add(record);
        offsets.add(log.log.position().offsetBytes());
        log.append(record);
        log.log.awaitDurable(i);
      }
      offsets.add(log.log.position().offsetBytes());
    }
  }

  private void flip(long offsetBytes, int bit) {
    try (BufferCache cache = TestLog.newCache();
        IoMemory memory = cache.allocateIo(1)) {
      device.read(offsetBytes, memory.address(), 1);
      int value = NativeMemory.getUnsignedByte(memory.address());
      NativeMemory.putByte(memory.address(), value ^ 1 << bit);
      device.write(offsetBytes, memory.address(), 1);
    }
  }

  /** Its header is there, and not all of the rest. */
  @Test
  void theLastBlockCutOffIsSeen() {
    write(new SplittableRandom(1));
    flip(offsets.get(RECORDS - 1) + LogBlockLayout.PAYLOAD, 0);
    try (TestLog log = TestLog.open(device, from)) {
      assertEquals(RECORDS - 1, log.replay().size());
      assertTrue(log.log.wasTorn());
    }
  }

  /** Gives how many records there are before the end, or before the damage. */
  private int replay(boolean expectDamage) {
    List<byte[]> found = new ArrayList<>();
    try (TestLog log = TestLog.open(device, from)) {
      if (expectDamage) {
        CorruptException e =
            assertThrows(
                CorruptException.class,
                () -> log.log.replay((sequence, payload) -> found.add(payload)));
        assertEquals(offsets.get(found.size()), e.offsetBytes());
        String text = "with record " + (found.size() + 1) + ", ";
        assertTrue(e.getMessage().contains(text), e.getMessage());
      } else {
        log.log.replay((sequence, payload) -> found.add(payload));
      }
    }
    for (int i = 0; i < found.size(); i++) {
      assertArrayEquals(records.get(i), found.get(i));
    }
    return found.size();
  }

  @Test
  void aBitThatFlipsInAnythingDurableIsReported() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          write(random);
          assertEquals(RECORDS, replay(false));
          for (int round = 0; round < 300; round++) {
            int record = random.nextInt(RECORDS);
            long offset =
                random.nextLong(offsets.get(record), lastByteOf(record, random.nextBoolean()));
            int bit = random.nextInt(8);
            flip(offset, bit);
            // Nobody can say of the last one that it had been durable.
            assertEquals(record, replay(record < RECORDS - 1), "offset " + offset);
            flip(offset, bit);
          }
          assertEquals(RECORDS, replay(false));
        });
  }

  private long lastByteOf(int record, boolean headerOnly) {
    long offset = offsets.get(record);
    return headerOnly
        ? offset + LogBlockLayout.PAYLOAD
        : offset + LogBlockLayout.roundUp(LogBlockLayout.PAYLOAD + 4 + records.get(record).length);
  }

  @Test
  void aHeaderIsOneOfThisStoreAtThisPlace() {
    write(new SplittableRandom(2));
    long seed = LogChecksum.storeSeed(TestLog.STORE_ID);
    long other = LogChecksum.storeSeed(new UUID(9, 9));
    long offset = offsets.get(1);
    try (BufferCache cache = TestLog.newCache();
        IoMemory memory = cache.allocateIo(LogBlockLayout.SECTOR_BYTES)) {
      device.read(offset, memory.address(), LogBlockLayout.SECTOR_BYTES);
      assertTrue(LogBlockLayout.isHeader(memory.address(), offset, seed));
      assertFalse(LogBlockLayout.isHeader(memory.address(), offset + 512, seed));
      assertFalse(LogBlockLayout.isHeader(memory.address(), offset, other));
    }
  }

  @Test
  void aRecordThatNobodyCanUseIsGivenUpLikeADamagedOne() {
    write(new SplittableRandom(5));
    try (TestLog log = TestLog.open(device, from)) {
      CorruptException refusal = new CorruptException(0, 0, 0, "refused");
      LogConsumer refusing =
          (sequence, payload) -> {
            if (sequence == 3) {
              throw refusal;
            }
          };
      assertSame(refusal, assertThrows(CorruptException.class, () -> log.log.replay(refusing)));
      log.log.start();
      log.syncGroup();
      // Those after it are not replayed, and their numbers are not used again.
      assertTrue(log.append(new byte[1]) >= RECORDS);
    }
  }

  @Test
  void damageIsKnownByABlockOfAnotherSegment() {
    write(new SplittableRandom(3));
    // All but the very last segment that was written to.
    long end = offsets.get(RECORDS - 1) / TestLog.SEGMENT_BYTES * TestLog.SEGMENT_BYTES;
    for (long at = offsets.get(2); at < end; at += 512) {
      flip(at, 3);
    }
    assertEquals(2, replay(true));
  }

  @Test
  void aBlockThatCannotBeReadIsReported() {
    write(new SplittableRandom(4));
    HookedDevice hooked = new HookedDevice(device).outlivingClose();
    for (int record : new int[] {3, RECORDS - 1}) {
      long bad = offsets.get(record);
      hooked.unreadable(bad, bad + 1);
      try (TestLog log = TestLog.open(hooked, from)) {
        List<byte[]> found = new ArrayList<>();
        assertThrows(
            CorruptException.class,
            () -> log.log.replay((sequence, payload) -> found.add(payload)));
        assertEquals(record, found.size());
      }
    }
    // After the end nothing needs to be readable but the place where the next block would be.
    long after = offsets.get(RECORDS) + 512;
    hooked.unreadable(after, after + 100);
    try (TestLog log = TestLog.open(hooked, from)) {
      assertEquals(RECORDS, log.replay().size());
    }
  }

  @Test
  void afterDamageTheLogMayBeginAgain() {
    write(new SplittableRandom(6));
    flip(offsets.get(4) + 100, 0);
    LogPosition after;
    try (TestLog log = TestLog.open(device, from)) {
      assertThrows(CorruptException.class, log::replay);
      log.log.start();
      log.syncGroup();
      assertTrue(log.log.lastSequence() >= RECORDS - 1, "a sequence came again");
      log.append(new byte[] {1});
      log.log.awaitDurable(log.log.lastSequence());
      after = log.durable;
    }
    try (TestLog log = TestLog.open(device, after)) {
      List<byte[]> found = log.replay();
      assertEquals(1, found.size());
      assertArrayEquals(new byte[] {1}, found.get(0));
    }
  }

  @Test
  void oneCopyOfTheHeadIsEnough() {
    write(new SplittableRandom(7));
    flip(LogHeadLayout.SEGMENT_BYTES, 2);
    assertEquals(RECORDS, replay(false));
    flip(LogHeadLayout.SEGMENT_BYTES, 2);
    flip(LogHeadLayout.COPY_BYTES, 2);
    assertEquals(RECORDS, replay(false));
    flip(LogHeadLayout.CHECKSUM, 2);
    CorruptException e =
        assertThrows(CorruptException.class, () -> TestLog.open(device, from).close());
    assertTrue(e.getMessage().contains("head"), e.getMessage());
    device.truncate(100);
    assertThrows(CorruptException.class, () -> TestLog.open(device, from).close());
  }

  @Test
  void theLogOfAnotherStoreIsRefused() {
    write(new SplittableRandom(8));
    UUID other = new UUID(9, 9);
    try (BufferCache cache = TestLog.newCache()) {
      CorruptException e =
          assertThrows(
              CorruptException.class, () -> IntentLog.open(device, cache, other, from).close());
      assertTrue(e.getMessage().contains(other.toString()), e.getMessage());
      assertTrue(e.getMessage().contains(TestLog.STORE_ID.toString()), e.getMessage());
    }
  }

  @Test
  void whatANewerVersionWroteIsRefused() {
    write(new SplittableRandom(9));
    for (int field :
        new int[] {
          LogHeadLayout.VERSION, LogHeadLayout.INCOMPATIBLE, LogHeadLayout.READ_ONLY_COMPATIBLE
        }) {
      rewriteHead(field, 2);
      FormatTooNewException e =
          assertThrows(FormatTooNewException.class, () -> TestLog.open(device, from).close());
      assertTrue(e.getMessage().contains(device.name()), e.getMessage());
      rewriteHead(field, field == LogHeadLayout.VERSION ? 1 : 0);
    }
    rewriteHead(LogHeadLayout.COMPATIBLE, 2);
    assertEquals(RECORDS, replay(false));
    rewriteHead(LogHeadLayout.SEGMENT_BYTES, 5000);
    assertThrows(CorruptException.class, () -> TestLog.open(device, from).close());
  }

  private void rewriteHead(int field, int value) {
    try (BufferCache cache = TestLog.newCache();
        IoMemory memory = cache.allocateIo(LogHeadLayout.COPY_BYTES)) {
      long address = memory.address();
      device.read(0, address, LogHeadLayout.COPY_BYTES);
      NativeMemory.putInt(address + field, value);
      long checksum = LogChecksum.of(address, LogHeadLayout.CHECKSUM, LogHeadLayout.MAGIC_VALUE);
      NativeMemory.putLong(address + LogHeadLayout.CHECKSUM, checksum);
      device.write(0, address, LogHeadLayout.COPY_BYTES);
    }
  }
}
