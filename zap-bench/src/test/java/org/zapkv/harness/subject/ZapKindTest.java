// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.StoreFailedException;

/** Zap on devices, and what only it can say of itself. */
final class ZapKindTest {
  private static final OpenOptions OPTIONS = new OpenOptions(4 << 20, false, 4096, 3_600_000, 0);

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
