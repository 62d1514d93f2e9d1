// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.error.ZapException;
import org.zapkv.pool.Transaction;

/**
 * A replay that is cut off after a part of it has become durable is begun again: a stream that it
 * has given to its key stays there, whatever the log has of the key from before.
 */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ValueStreamReplayTest {
  private static final String KEY = "key";
  private static final byte[] VALUE = Seeds.bytes(new Random(1), 200_000);

  private static ZapStoreBuilder builder(int cacheBytes) {
    return ZapStore.builder()
        .cacheBytes(cacheBytes)
        .leafBytes(4096)
        .syncInterval(Duration.ofHours(1));
  }

  /** Another change of the key, in the group in which the stream is published, before that. */
  private static void changeBefore(ZapStore store, Change change) {
    CommitLog.Room room = store.commitLog().reserve(CommitRecord.reservedBytes(change));
    try (Transaction tx = store.begin(Commit.expectedBytes(change))) {
      BatchApplier applier = new BatchApplier(store, tx);
      applier.prepare(change);
      applier.apply(change);
      store.commitLog().append(change);
      applier.release(change);
    }
    room.giveBack();
  }

  private static void publish(ZapStore store, boolean removes) throws Exception {
    ZapMap map = store.map("m").withDurability(Durability.NONE);
    map.putLong(KEY, 1);
    MapKey key = map.keyOf(Keys.utf8(KEY));
    try (ValueOutputStream out = map.newValue(KEY)) {
      out.write(VALUE, 0, VALUE.length);
      int stripe = store.stripes().lock(key);
      FutureTask<Void> commit = new FutureTask<>(out::commit, null);
      Thread committer = new Thread(commit);
      committer.start();
      while (committer.isAlive()
          && Arrays.stream(committer.getStackTrace())
              .noneMatch(frame -> frame.getClassName().contains("KeyStripes"))) {
        Thread.sleep(1);
      }
      changeBefore(store, removes ? Change.remove(key) : Change.put(key, Keys.utf8("before")));
      store.stripes().unlock(stripe);
      commit.get();
    }
    // More than the cache of the replay holds, so that it has to sync in between.
    for (int i = 0; i < 1500; i++) {
      map.put("other " + i, Seeds.bytes(new Random(i), 1500));
    }
    store.batch().commit(Durability.SYNC);
  }

  private static void check(List<DeviceImage> images, int size, String where) throws Exception {
    ImageDevice blocks = images.get(0).toDevice("blocks");
    ImageDevice log = images.get(1).toDevice("log");
    try (ZapStore store = builder(64 << 20).open(blocks, log, "again")) {
      ValueInputStream in = store.map("m").openValue(KEY);
      assertNotNull(in, where);
      assertArrayEquals(VALUE, in.readAllBytes(), where);
      in.close();
      assertEquals(size, store.map("m").size(), where);
      StoreCheckReport report = store.check((done, total) -> {});
      // Space that a failed read kept from being freed is no loss.
      assertEquals(
          List.of(),
          report.problems().stream().filter(problem -> !problem.startsWith("LEAKED")).toList(),
          where);
    }
  }

  private static void cutOffReplays(boolean removes) throws Exception {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    builder(64 << 20).create(blocks, log, "new").close();
    ZapStore store = builder(64 << 20).open(blocks, log, "killed");
    publish(store, removes);
    List<DeviceImage> killed = List.of(blocks.image(), log.image());
    store.close();
    PowerRecording recording = new PowerRecording(killed);
    builder(4 << 20).open(recording.device(0), recording.device(1), "recorded").close();
    assertTrue(recording.flushes(0) > 2, "groups in the replay");
    PowerCuts cuts = new PowerCuts(recording);
    int seen = -1;
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      do {
        if (cuts.flushes(0) != seen) {
          seen = cuts.flushes(0);
          check(cuts.lose(new SplittableRandom(seen)), 1501, "flushes=" + seen);
        }
      } while (cuts.advance());
    }
  }

  @Test
  void aPutFromBeforeDoesNotReplaceTheStream() throws Exception {
    cutOffReplays(false);
  }

  @Test
  void aRemovalFromBeforeDoesNotRemoveTheStream() throws Exception {
    cutOffReplays(true);
  }

  @Test
  void aReplayThatFailsInReadingKeepsTheStream() throws Exception {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    builder(4 << 20).create(blocks, log, "new").close();
    ZapStore store = builder(4 << 20).open(blocks, log, "killed");
    ZapMap map = store.map("m");
    for (int i = 0; i < 200; i++) {
      map.put("other " + i, new byte[100]);
    }
    try (ValueOutputStream out = map.newValue(KEY)) {
      out.write(VALUE, 0, VALUE.length);
      out.commit();
    }
    DeviceImage killedBlocks = blocks.image();
    DeviceImage killedLog = log.image();
    store.close();
    boolean failed = true;
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      for (int before = 0; failed; before++) {
        ImageDevice heldBlocks = killedBlocks.toDevice("blocks");
        ImageDevice heldLog = killedLog.toDevice("log");
        FaultyDevice faulty = new FaultyDevice(heldBlocks, 1).trigger(Fault.READ_ERROR, before, 1);
        try {
          builder(4 << 20).open(faulty, heldLog, "faulty").close();
        } catch (ZapException e) {
          // It is tried again when the device reads again.
        }
        failed = faulty.count(Fault.READ_ERROR) > 0;
        check(List.of(heldBlocks.image(), heldLog.image()), 201, "reads=" + before);
      }
    }
  }
}
