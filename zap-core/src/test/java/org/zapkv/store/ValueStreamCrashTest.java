// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;

/**
 * Power is lost at every write and flush while values are written as streams: each is there as a
 * whole or not at all, an acknowledged one is there, and nothing is leaked.
 */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ValueStreamCrashTest {
  private static final int BLOCK_BYTES = 128 << 10;
  private static final int STREAMS = 5;
  private static final int KEYS = 3;

  /** What a key was given, and the recording's position when that was acknowledged. */
  private record Written(int key, int length, int begunAt, int durableAt) {}

  private final long seed = Seeds.next();
  private final Random random = new Random(seed);
  private final List<Written> written = new ArrayList<>();

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  /** The length says what is in it. */
  private static byte[] value(int length) {
    return Seeds.bytes(new Random(length), length);
  }

  private void run(ZapStore store, PowerRecording recording) {
    ZapMap map = store.map("m");
    for (int i = 0; i < STREAMS; i++) {
      int key = random.nextInt(KEYS);
      int length = BLOCK_BYTES * (1 + random.nextInt(3)) + 1 + i;
      int begunAt = recording.now();
      try (ValueOutputStream out = map.newValue("key " + key)) {
        byte[] value = value(length);
        out.write(value, 0, length);
        if (random.nextBoolean()) {
          store.sync();
        }
        if (random.nextInt(4) > 0) {
          out.commit();
          written.add(new Written(key, length, begunAt, recording.now()));
        }
      }
      map.putLong("other", i);
    }
    store.close();
  }

  /** Values of a key from the newest that was acknowledged on, or none before the first. */
  private boolean isPossible(int key, int length, int cutAt) {
    int least = -1;
    boolean isFound = false;
    for (int i = 0; i < written.size(); i++) {
      Written one = written.get(i);
      if (one.key == key && one.durableAt <= cutAt) {
        least = i;
        isFound = false;
      }
      isFound |= one.key == key && one.length == length && one.begunAt <= cutAt;
    }
    return length < 0 ? least < 0 : isFound;
  }

  private void check(List<DeviceImage> images, int cutAt) throws Exception {
    ImageDevice blocks = images.get(0).toDevice("blocks");
    ImageDevice log = images.get(1).toDevice("log");
    for (int opening = 0; opening < 2; opening++) {
      try (ZapStore store = builder().open(blocks, log, "crashed")) {
        String where = "cut=" + cutAt + " opening=" + opening + " -Dzap.seed=" + seed;
        for (int key = 0; key < KEYS; key++) {
          try (ValueInputStream in = store.map("m").openValue("key " + key)) {
            int length = in == null ? -1 : (int) in.lengthBytes();
            assertTrue(isPossible(key, length, cutAt), where + " key=" + key + " is " + length);
            assertTrue(in == null || Arrays.equals(value(length), in.readAllBytes()), where);
          }
        }
        StoreCheckReport report = store.check((done, total) -> {});
        assertEquals(List.of(), report.problems(), where);
        assertEquals(0, report.leakedBytes(), where);
      }
      blocks = blocks.image().toDevice("blocks");
      log = log.image().toDevice("log");
    }
  }

  @Test
  void aStreamIsThereAsAWholeOrNotAtAll() throws Exception {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    builder().create(blocks, log, "new").close();
    PowerRecording recording = new PowerRecording(List.of(blocks.image(), log.image()));
    run(builder().open(recording.device(0), recording.device(1), "recorded"), recording);
    SplittableRandom choices = new SplittableRandom(seed);
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      PowerCuts cuts = new PowerCuts(recording);
      do {
        check(cuts.lose(choices), cuts.position());
      } while (cuts.advance());
    }
  }
}
