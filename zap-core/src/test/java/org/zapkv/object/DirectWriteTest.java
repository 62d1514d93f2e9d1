// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.pool.Transaction;

/** Blocks written past the cache while others have them, or want them. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DirectWriteTest {
  private static final int BLOCK_BYTES = 64 << 10;
  private static final long BLOCK = 3;

  private final MemoryDevice memory = new MemoryDevice();

  @Test
  void whoHoldsTheBlockSeesWhatIsWritten() {
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options());
        DataObject object = create(objects, 7)) {
      Buffer held = object.hold(BLOCK, "reader");
      try {
        write(objects, object, 8);
        assertTrue(TestObjects.isFilled(held, 8));
      } finally {
        held.release("reader");
      }
      objects.sync();
      TestObjects.assertFilled(object, BLOCK, 8);
      TestObjects.assertClean(objects);
    }
    assertStored(8);
  }

  @Test
  void aBlockThatIsDirtyIsChangedInTheCache() {
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options());
        DataObject object = create(objects, 7)) {
      try (Transaction tx = objects.begin(BLOCK_BYTES)) {
        TestObjects.fill(object, BLOCK, 8, tx);
      }
      write(objects, object, 9);
      TestObjects.assertFilled(object, BLOCK, 9);
      objects.sync();
      TestObjects.assertClean(objects);
    }
    assertStored(9);
  }

  @Test
  void aBlockWrittenTwiceInAGroupTakesItsSpaceOnce() {
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options());
        DataObject object = create(objects, 7)) {
      write(objects, object, 8);
      write(objects, object, 9);
      assertEquals(0, objects.cache().stats().dirtyBytes());
      TestObjects.assertFilled(object, BLOCK, 9);
      objects.sync();
      TestObjects.assertClean(objects);
    }
    assertStored(9);
  }

  /** The reader has the old pointer and waits for the device as the block is written. */
  @Test
  void aReadOfTheOldBlockDoesNotOutliveTheWrite() throws Exception {
    HookedDevice device = new HookedDevice(memory);
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options());
        DataObject object = create(objects, 7)) {
      objects.sync();
      objects.cache().freeRange(object.objectId(), 0, 100, 0);
      CountDownLatch reading = new CountDownLatch(1);
      Thread[] writer = new Thread[1];
      CountDownLatch writing = new CountDownLatch(1);
      device.beforeRead(
          () -> {
            reading.countDown();
            awaitBlocked(writer, writing);
          });
      Threads.run(
          2,
          index -> {
            if (index == 0) {
              object.hold(BLOCK, "reader").release("reader");
            } else {
              Waiting.forLatch("the read", reading);
              writer[0] = Thread.currentThread();
              writing.countDown();
              write(objects, object, 8);
            }
          });
      TestObjects.assertFilled(object, BLOCK, 8);
      objects.sync();
      TestObjects.assertClean(objects);
    }
    assertStored(8);
  }

  /** Until the writer has done its work, or waits for the read to end. */
  private static void awaitBlocked(Thread[] writer, CountDownLatch writing) {
    Waiting.forLatch("the writer", writing);
    Set<Thread.State> done =
        EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);
    Waiting.until("the write, or its wait", () -> done.contains(writer[0].getState()));
  }

  private static DataObject create(ObjectSet objects, long content) {
    DataObject object;
    try (Transaction tx = objects.begin(BLOCK_BYTES)) {
      object = objects.create(ObjectType.VALUE, BLOCK_BYTES, tx);
    }
    write(objects, object, content);
    objects.sync();
    return object;
  }

  private static void write(ObjectSet objects, DataObject object, long content) {
    byte[] bytes = TestObjects.contentOf(content, BLOCK_BYTES);
    try (Transaction tx = objects.begin(BLOCK_BYTES)) {
      object.writeDirect(BLOCK, bytes, 0, bytes.length, tx);
    }
  }

  private void assertStored(long content) {
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options());
        DataObject object = objects.open(1)) {
      TestObjects.assertFilled(object, BLOCK, content);
    }
  }
}
