// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.BlockDeviceContract;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Event;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFullException;

/** {@link FaultyDevice} as a device, and that each fault really happens and is counted. */
final class FaultyDeviceTest extends BlockDeviceContract {
  private static final int SIZE = 8192;

  private final byte[] before = random(1);
  private final byte[] after = random(2);
  private FaultyDevice faulty = new FaultyDevice(new MemoryDevice(), 1);

  @Override
  protected BlockDevice create() {
    faulty = new FaultyDevice(new MemoryDevice(), 1);
    return faulty;
  }

  private static byte[] random(long seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private Event only(Fault fault) {
    List<Event> events = faulty.events();
    assertEquals(1, events.size(), events::toString);
    assertEquals(fault, events.get(0).fault());
    for (Fault each : Fault.values()) {
      assertEquals(each == fault ? 1 : 0, faulty.count(each));
    }
    return events.get(0);
  }

  private static int firstDifference(byte[] left, byte[] right) {
    return Arrays.mismatch(left, right);
  }

  @Test
  void aReadFails() {
    write(0, before);
    faulty.trigger(Fault.READ_ERROR, 1, 1);
    assertArrayEquals(before, read(0, SIZE));
    DeviceException e = assertThrows(DeviceException.class, () -> read(0, SIZE));
    assertTrue(e.getMessage().contains("EIO of a read: offset=0 length=8192"), e.getMessage());
    assertArrayEquals(before, read(0, SIZE));
    assertEquals(new Event(Fault.READ_ERROR, 0, SIZE, 0), only(Fault.READ_ERROR));
  }

  @Test
  void aWriteFailsInTheMiddle() {
    write(0, before);
    faulty.trigger(Fault.WRITE_ERROR, 0, 1);
    assertThrows(DeviceException.class, () -> write(0, after));
    only(Fault.WRITE_ERROR);
    byte[] found = read(0, SIZE);
    assertEquals(SIZE / 2, firstDifference(after, found));
    assertArrayEquals(
        Arrays.copyOfRange(before, SIZE / 2, SIZE), Arrays.copyOfRange(found, SIZE / 2, SIZE));
  }

  @Test
  void aFlushFails() {
    faulty.trigger(Fault.FLUSH_ERROR, 0, 1);
    assertThrows(DeviceException.class, device::flush);
    device.flush();
    only(Fault.FLUSH_ERROR);
  }

  @Test
  void whoKeepsAccountIsToldOfAFlushThatFails() {
    AtomicInteger told = new AtomicInteger();
    faulty.onFlushError(told::incrementAndGet).trigger(Fault.FLUSH_ERROR, 1, 1);
    device.flush();
    assertEquals(0, told.get());
    assertThrows(DeviceException.class, device::flush);
    assertEquals(1, told.get());
  }

  @Test
  void theDiskIsFull() {
    write(0, before);
    faulty.trigger(Fault.FULL, 0, 1);
    assertThrows(StoreFullException.class, () -> write(0, after));
    assertArrayEquals(before, read(0, SIZE));
    only(Fault.FULL);
  }

  @Test
  void itTakesTime() {
    AtomicInteger waits = new AtomicInteger();
    faulty.latency(waits::incrementAndGet).trigger(Fault.LATENCY, 0, 1);
    write(0, after);
    assertEquals(1, waits.get());
    assertArrayEquals(after, read(0, SIZE));
    only(Fault.LATENCY);
  }

  @Test
  void aBitFlipsInARead() {
    write(0, before);
    faulty.trigger(Fault.FLIP_ON_READ, 0, 1);
    byte[] found = read(0, SIZE);
    int at = (int) only(Fault.FLIP_ON_READ).detail();
    assertOneBitWrong(before, found, at);
    assertArrayEquals(before, read(0, SIZE));
  }

  private static void assertOneBitWrong(byte[] right, byte[] found, int at) {
    assertEquals(1, Integer.bitCount((right[at] ^ found[at]) & 0xFF));
    found[at] = right[at];
    assertArrayEquals(right, found);
  }

  @Test
  void aBitFlipsInAWrite() {
    faulty.trigger(Fault.FLIP_ON_WRITE, 0, 1);
    write(512, after);
    int at = (int) only(Fault.FLIP_ON_WRITE).detail();
    assertOneBitWrong(after, read(512, SIZE), at);
  }

  @Test
  void aWriteIsLost() {
    write(0, before);
    faulty.trigger(Fault.LOST_WRITE, 0, 1);
    write(0, after);
    assertArrayEquals(before, read(0, SIZE));
    only(Fault.LOST_WRITE);
  }

  @Test
  void aWriteIsTorn() {
    for (int round = 0; round < 50; round++) {
      write(0, before);
      faulty.trigger(Fault.TORN_WRITE, 0, 1);
      write(0, after);
      byte[] found = read(0, SIZE);
      int kept = firstDifference(after, found);
      assertTrue(kept > 0 && kept < SIZE, () -> "kept " + kept);
      assertArrayEquals(
          Arrays.copyOfRange(before, kept, SIZE), Arrays.copyOfRange(found, kept, SIZE));
    }
    assertEquals(50, faulty.count(Fault.TORN_WRITE));
  }

  @Test
  void aWriteGoesElsewhere() {
    for (int round = 0; round < 50; round++) {
      device.truncate(0);
      write(0, before);
      faulty.trigger(Fault.MISDIRECTED_WRITE, 0, 1);
      write(0, after);
      long size = device.sizeBytes();
      assertTrue(size > SIZE, "written behind");
      assertArrayEquals(after, read(size - SIZE, SIZE));
      assertArrayEquals(Arrays.copyOf(before, 512), read(0, 512));
    }
    assertEquals(50, faulty.count(Fault.MISDIRECTED_WRITE));
  }

  @Test
  void chanceComesFromTheSeed() {
    List<Event> events = playByChance(7);
    assertEquals(events, playByChance(7));
    assertFalse(events.equals(playByChance(8)));
    assertTrue(events.size() > 100 && events.size() < 400, () -> events.size() + " of 1000");
  }

  private static List<Event> playByChance(long seed) {
    FaultyDevice played = new FaultyDevice(new MemoryDevice(), seed);
    played.withProbability(Fault.LOST_WRITE, 0.25);
    for (int i = 0; i < 1000; i++) {
      Scratch.write(played, i, new byte[16]);
    }
    return played.events();
  }

  @Test
  void itHeals() {
    faulty.withProbability(Fault.READ_ERROR, 1).trigger(Fault.FLUSH_ERROR, 0, 100);
    write(0, before);
    assertThrows(DeviceException.class, () -> read(0, 1));
    assertThrows(DeviceException.class, device::flush);
    faulty.heal();
    device.flush();
    assertArrayEquals(before, read(0, SIZE));
  }
}
