// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.Transaction;

/** What happens at the end of a group while somebody is still at work. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class GroupEndTest {
  private static final int BLOCK_BYTES = 4096;

  private final MemoryDevice device = new MemoryDevice();

  private static DataObject newObject(ObjectSet objects, long content) {
    try (Transaction tx = objects.begin(0)) {
      DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx);
      TestObjects.fill(object, 0, content, tx);
      return object;
    }
  }

  private static boolean isWaiting(String threadPrefix) {
    return Thread.getAllStackTraces().entrySet().stream()
        .anyMatch(
            entry ->
                entry.getKey().getName().startsWith(threadPrefix)
                    && Arrays.stream(entry.getValue())
                        .anyMatch(frame -> frame.getMethodName().equals("quiesce")));
  }

  @Test
  void aGroupThatFailsWhileItsEndIsWaitedForIsNotWritten() throws Exception {
    MemoryDevice named = new MemoryDevice("fails", 64 << 20);
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      ObjectSet objects = ObjectSet.create(named, TestObjects.options());
      DataObject object = newObject(objects, 1);
      objects.sync();
      CompletableFuture<Void> sync;
      try (Transaction tx = objects.begin(BLOCK_BYTES)) {
        TestObjects.fill(object, 0, 2, tx);
        sync = CompletableFuture.runAsync(objects::sync);
        Waiting.until("the end of the group to be waited for", () -> isWaiting("zap-sync-fails"));
        objects.fail("half way", new ZapException("cause"));
      }
      Throwable thrown =
          assertThrows(ExecutionException.class, () -> sync.get(180, TimeUnit.SECONDS)).getCause();
      assertTrue(thrown instanceof StoreFailedException, String.valueOf(thrown));
      object.close();
      objects.close();
    }
    try (ObjectSet objects = ObjectSet.open(named, TestObjects.options());
        DataObject object = objects.open(1)) {
      TestObjects.assertFilled(object, 0, 1);
    }
  }

  @Test
  void closingWaitsForATransactionThatHasNotChangedAnythingYet() throws Exception {
    ObjectSet objects = ObjectSet.create(device, TestObjects.options());
    DataObject object = newObject(objects, 1);
    objects.sync();
    CompletableFuture<Void> close;
    try (Transaction tx = objects.begin(BLOCK_BYTES)) {
      close = CompletableFuture.runAsync(objects::close);
      // On a slow machine it may not have begun: then nothing is seen, and nothing fails.
      assertThrows(TimeoutException.class, () -> close.get(300, TimeUnit.MILLISECONDS));
      TestObjects.fill(object, 0, 2, tx);
    }
    close.get(180, TimeUnit.SECONDS);
    object.close();
    try (ObjectSet again = ObjectSet.open(device, TestObjects.options());
        DataObject stored = again.open(1)) {
      TestObjects.assertFilled(stored, 0, 2);
    }
  }

  /** The dnode is free in memory already, and the group that destroyed the object not durable. */
  @Test
  void theNumberOfAnObjectIsNotUsedAgainWhileItsEndIsWritten() {
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      newObject(objects, 1).close();
      newObject(objects, 2).close();
    }
    HookedDevice hooked = new HookedDevice(device);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      try (Transaction tx = objects.begin(0)) {
        objects.destroy(1, tx);
      }
      AtomicLong during = new AtomicLong();
      hooked.beforeFlush(
          () -> {
            if (during.get() == 0) {
              try (DataObject object = newObject(objects, 3)) {
                during.set(object.objectId());
              }
            }
          });
      objects.sync();
      assertNotEquals(1, during.get());
      objects.sync();
      Set<Long> ids = new HashSet<>(Set.of(2L, during.get()));
      for (int i = 0; i < 100; i++) {
        try (DataObject object = newObject(objects, 10 + i)) {
          assertTrue(ids.add(object.objectId()), "given out twice: " + object);
        }
      }
      assertTrue(ids.contains(1L), "the number is used again");
      objects.sync();
      TestObjects.assertClean(objects);
    }
  }

  /** A reader of a destroyed object may still have its blocks, under their old names. */
  @Test
  void theNumberOfAnObjectIsNotUsedAgainWhileSomebodyHasItOpen() {
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      DataObject reader = newObject(objects, 1);
      objects.sync();
      var held = reader.hold(0, "reader");
      try (Transaction tx = objects.begin(0)) {
        objects.destroy(1, tx);
      }
      objects.sync();
      try (Transaction tx = objects.begin(0);
          DataObject other = objects.create(ObjectType.MAP, 512, tx)) {
        TestObjects.fill(other, 0, 7, tx);
        assertFalse(other.objectId() == 1, "number used again too early");
      }
      held.release("reader");
      reader.close();
      try (DataObject next = newObject(objects, 9)) {
        assertEquals(1, next.objectId());
      }
      objects.sync();
      TestObjects.assertClean(objects);
    }
  }
}
