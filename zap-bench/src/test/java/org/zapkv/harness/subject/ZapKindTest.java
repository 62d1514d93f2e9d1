// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.harness.report.Event;

/** Zap on devices, and what only it can say of itself. */
final class ZapKindTest {
  private static final OpenOptions OPTIONS = new OpenOptions(4 << 20, false, 4096, 3_600_000, 0);

  private static final int BATCHES = 15;

  private final ImageDevice blocks = new DeviceImage().toDevice("blocks");
  private final ImageDevice log = new DeviceImage().toDevice("log");

  private Subject open() {
    return new ZapKind().open(new Place.Devices(blocks, log), OPTIONS);
  }

  private static Change put(String map, String key, int length) {
    byte[] value = new byte[length];
    value[0] = (byte) key.hashCode();
    return new Change(map, key.getBytes(UTF_8), value);
  }

  @Test
  void isCreatedOnEmptyDevicesAndOpenedOnOthers() {
    try (Subject subject = open()) {
      subject.apply(put("m", "t0.a", 100), Promise.LATER);
      assertEquals(List.of(), subject.check());
      assertEquals(List.of(), subject.scrub());
    }
    ImageDevice blocksAgain = blocks.image().toDevice("blocks");
    ImageDevice logAgain = log.image().toDevice("log");
    try (Subject subject = new ZapKind().open(new Place.Devices(blocksAgain, logAgain), OPTIONS)) {
      assertEquals(List.of("m"), subject.maps());
      assertNotNull(subject.get("m", "t0.a".getBytes(UTF_8)));
    }
  }

  @Test
  void readsValuesOfAllLengthsInEachWay() {
    try (Subject subject = open()) {
      for (int length : new int[] {8, 9, 512, 513, 2049, 300_000}) {
        // So many that each of the ways of reading has some of them.
        for (int i = 0; i < 16; i++) {
          subject.apply(put("m", "t0." + length + "." + i, length), Promise.LATER);
        }
        for (int i = 0; i < 16; i++) {
          Change change = put("m", "t0." + length + "." + i, length);
          assertArrayEquals(change.value(), subject.get("m", change.key()));
        }
      }
      assertEquals(List.of(), subject.check());
    }
  }

  @Test
  void commitsHaveSequences() {
    try (Subject subject = open()) {
      long first = subject.commit(List.of(put("m", "t0.a", 8)), Promise.LATER);
      long second = subject.commit(List.of(put("n", "t0.b", 9)), Promise.DURABLE);
      assertTrue(0 < first && first < second, first + " " + second);
    }
  }

  @Test
  void saysWhatHasHappenedInIt() {
    Subject subject = open();
    // More than the cache holds.
    for (int i = 0; i < BATCHES; i++) {
      subject.commit(entries(i, 2000), Promise.LATER);
    }
    assertHappened(subject, "CONVERSION", "SPLIT", "GROWTH", "USER_EVICTION");
    for (int i = 0; i < BATCHES; i++) {
      subject.commit(
          entries(i, 0).stream().map(put -> new Change(put.map(), put.key(), null)).toList(),
          Promise.LATER);
    }
    assertHappened(subject, "MERGE", "REDUCTION");
    subject.close();
  }

  @Test
  void saysWhatItReplayed() {
    Subject subject = open();
    subject.apply(put("m", "t0.a", 8), Promise.DURABLE);
    DeviceImage blocksImage = blocks.image().copy();
    DeviceImage logImage = log.image().copy();
    subject.close();
    Place left = new Place.Devices(blocksImage.toDevice("blocks"), logImage.toDevice("log"));
    try (Subject again = new ZapKind().open(left, OPTIONS)) {
      assertHappened(again, "REPLAY");
      assertNotNull(again.get("m", "t0.a".getBytes(UTF_8)));
    }
  }

  private static List<Change> entries(int batch, int length) {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      changes.add(put("m", "t0." + batch + "." + i, Math.max(1, length)));
    }
    return changes;
  }

  private static void assertHappened(Subject subject, String... events) {
    Map<String, Long> happened = subject.events();
    for (String event : events) {
      assertTrue(happened.getOrDefault(event, 0L) > 0, event + " " + happened);
    }
  }

  @Test
  void smallLeavesAreMany() {
    OpenOptions small = new OpenOptions(4 << 20, false, 512, 3_600_000, 0);
    Place place = new Place.Devices(blocks, log);
    try (Subject subject = new ZapKind().open(place, small)) {
      for (int i = 0; i < 3; i++) {
        subject.commit(entries(i, 60), Promise.LATER);
      }
      subject.apply(put("m", "t0.large", 3000), Promise.LATER);
      assertTrue(subject.events().getOrDefault("SPLIT", 0L) > 60, subject.events()::toString);
      assertEquals(List.of(), subject.check());
    }
  }

  /** The coverage counts by these names. */
  @Test
  void whatItSaysAreEvents() {
    try (Subject subject = open()) {
      subject.events().keySet().forEach(Event::valueOf);
      assertEquals(11, subject.events().size());
    }
  }

  @Test
  void aStoreThatFailsGivesAllBack() {
    FaultyDevice faulty = new FaultyDevice(blocks, 1);
    Subject subject = new ZapKind().open(new Place.Devices(faulty, log), OPTIONS);
    subject.apply(put("m", "t0.a", 100), Promise.LATER);
    faulty.trigger(FaultyDevice.Fault.WRITE_ERROR, 0, Integer.MAX_VALUE);
    assertThrows(StoreFailedException.class, subject::sync);
    // It has told of that already. What it has not given back it would tell of here.
    assertDoesNotThrow(subject::close);
  }
}
