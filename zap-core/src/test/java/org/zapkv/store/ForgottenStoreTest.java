// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.WrappedDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreLockedException;

/** A store that nobody closes is closed when nobody can reach it any more, and told of once. */
@Tag("once")
class ForgottenStoreTest {
  private static final long WAIT_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final String TOLD = "never closed";

  @TempDir Path directory;
  private final CapturedLog log = new CapturedLog();

  @AfterEach
  void close() {
    log.close();
  }

  /** Whoever calls this has nothing of the store in a frame of its own. */
  private void openAndForget() {
    ZapStore store = ZapStore.open(directory);
    store.map("m").put("durable", "1");
    store.map("m").withDurability(Durability.NONE).put("not yet", "2");
  }

  @Test
  void itIsClosedAndTheLogSaysWhereItWasOpened() {
    openAndForget();
    awaitTold(1);
    LogRecord told = own().get(0);
    assertEquals(Level.WARNING, told.getLevel());
    assertTrue(told.getMessage().contains(directory.toString()), told.getMessage());
    assertNotNull(told.getThrown());
    assertTrue(
        Arrays.stream(told.getThrown().getStackTrace())
            .anyMatch(frame -> frame.getMethodName().equals("openAndForget")));
    // The directory is free, and what was only in memory has been written, as by any close.
    try (ZapStore again = ZapStore.open(directory)) {
      assertEquals("1", again.map("m").getString("durable"));
      assertEquals("2", again.map("m").getString("not yet"));
      assertEquals(0, again.statistics().log().replayedRecords());
    }
    assertEquals(1, own().size());
  }

  @Test
  void soIsOneInMemory() {
    forgetInMemory();
    awaitTold(1);
  }

  private static void forgetInMemory() {
    ZapStore.inMemory().map("m").putLong("a", 1);
  }

  @Test
  void oneThatCannotBeWrittenLetsItsDirectoryGoAndSaysWhatFailed() {
    AtomicBoolean letGo = new AtomicBoolean();
    forgetOnFailing(new FaultyDevice(new MemoryDevice(), 1), letGo);
    awaitTold(1);
    LogRecord told = told().get(0);
    assertTrue(letGo.get());
    assertTrue(told.getMessage().contains("which failed"), told.getMessage());
    assertInstanceOf(StoreFailedException.class, told.getThrown().getSuppressed()[0]);
  }

  private static void forgetOnFailing(FaultyDevice blocks, AtomicBoolean letGo) {
    WrappedDevice device =
        new WrappedDevice(blocks) {
          @Override
          public void close() {
            letGo.set(true);
            super.close();
          }
        };
    ZapStore store = ZapStore.builder().create(device, "failing");
    blocks.withProbability(Fault.WRITE_ERROR, 1);
    store.map("m").withDurability(Durability.NONE).putLong("a", 1);
  }

  @Test
  void whatLeadsToItKeepsItOpen() {
    Object[] kept = {
      filled().map("m"), filled().map("m").cursor(), filled().map("m").stream(), filled().batch()
    };
    try {
      awaitCollection();
      assertTrue(own().isEmpty());
    } finally {
      Reference.reachabilityFence(kept);
      Arrays.fill(kept, null);
    }
    awaitTold(4);
  }

  @Test
  void aCursorAndAStreamMayBeForgottenInAnOpenStore() {
    try (ZapStore store = filled()) {
      MapCursor cursor = store.map("m").cursor();
      assertTrue(cursor.next());
      assertTrue(store.map("m").stream().findAny().isPresent());
    }
    awaitCollection();
    assertTrue(own().isEmpty());
  }

  private static ZapStore filled() {
    ZapStore store = ZapStore.inMemory();
    for (int i = 0; i < 10; i++) {
      store.map("m").put("key" + i, new byte[100]);
    }
    return store;
  }

  @Test
  void oneThatWasClosedOrNeverOpenedIsNotToldOf() {
    ZapStore.open(directory).close();
    try (ZapStore store = ZapStore.open(directory)) {
      assertThrows(StoreLockedException.class, () -> ZapStore.open(directory));
      assertTrue(store.mapNames().isEmpty());
    }
    awaitCollection();
    assertTrue(own().isEmpty(), () -> own().get(0).getMessage());
  }

  /**
   * What was logged, but for what is told of stores that tests before this one in the JVM have
   * forgotten: they are found whenever a collection comes to them.
   */
  private List<LogRecord> own() {
    return log.records().stream()
        .filter(logged -> !logged.getMessage().contains(TOLD) || isOpenedHere(logged.getThrown()))
        .toList();
  }

  private static boolean isOpenedHere(Throwable opened) {
    return Arrays.stream(opened.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(ForgottenStoreTest.class.getName()));
  }

  private List<LogRecord> told() {
    return own().stream().filter(logged -> logged.getMessage().contains(TOLD)).toList();
  }

  private void awaitTold(int count) {
    awaitTrue(() -> told().size() >= count);
    assertEquals(count, told().size());
  }

  /** Until an object that is lost now has been found; twice, as what is found is handled then. */
  private static void awaitCollection() {
    for (int i = 0; i < 2; i++) {
      ReferenceQueue<Object> found = new ReferenceQueue<>();
      PhantomReference<Object> lost = new PhantomReference<>(new Object(), found);
      try {
        awaitTrue(() -> found.poll() != null);
      } finally {
        Reference.reachabilityFence(lost);
      }
    }
  }

  private static void awaitTrue(BooleanSupplier condition) {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertFalse(System.nanoTime() - begin > WAIT_NANOS, "not within five minutes");
      System.gc();
      Thread.onSpinWait();
    }
  }
}
