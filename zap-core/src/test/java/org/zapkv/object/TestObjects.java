// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.pool.Compression;
import org.zapkv.pool.Transaction;

/** What tests of object sets have in common. */
final class TestObjects {
  private static final String TAG = "test";

  private TestObjects() {}

  /** Syncs only when told to; compresses; says who holds what. */
  static ObjectSetOptions options() {
    return ObjectSetOptions.defaults()
        .withCacheBytes(16 << 20)
        .withSyncInterval(Duration.ofHours(1))
        .withCompression(Compression.LZ4)
        .withTraceHolds(true);
  }

  /** Keeps failures that a test brings about itself out of the log, until closed. */
  static AutoCloseable silence() {
    Logger logger = Logger.getLogger("org.zapkv");
    Level before = logger.getLevel();
    logger.setLevel(Level.OFF);
    return () -> logger.setLevel(before);
  }

  /** The seed of a test: new each time, unless -Dzap.seed says otherwise; printed by a failure. */
  static long seed() {
    return Long.getLong("zap.seed", System.nanoTime());
  }

  /** Writes a block whose content follows from a number. */
  static void fill(DataObject object, long blockId, long content, Transaction tx) {
    Buffer buffer = object.hold(blockId, TAG);
    try {
      object.dirty(buffer, tx);
      fill(buffer, content);
    } finally {
      buffer.release(TAG);
    }
  }

  static void fill(Buffer buffer, long content) {
    SplittableRandom random = new SplittableRandom(content);
    for (int offset = 0; offset < buffer.sizeBytes(); offset += Long.BYTES) {
      NativeMemory.putLong(buffer.address() + offset, random.nextLong());
    }
  }

  static byte[] contentOf(long content, int sizeBytes) {
    SplittableRandom random = new SplittableRandom(content);
    byte[] bytes = new byte[sizeBytes];
    for (int offset = 0; offset < sizeBytes; offset += Long.BYTES) {
      long word = random.nextLong();
      for (int i = 0; i < Long.BYTES; i++) {
        bytes[offset + i] = (byte) (word >>> (Byte.SIZE * i));
      }
    }
    return bytes;
  }

  static void assertFilled(DataObject object, long blockId, long content) {
    Buffer buffer = object.hold(blockId, TAG);
    try {
      assertTrue(
          isFilled(buffer, content),
          () -> "content of " + object + " block " + blockId + " differs");
    } finally {
      buffer.release(TAG);
    }
  }

  static boolean isFilled(Buffer buffer, long content) {
    SplittableRandom random = new SplittableRandom(content);
    for (int offset = 0; offset < buffer.sizeBytes(); offset += Long.BYTES) {
      if (NativeMemory.getLong(buffer.address() + offset) != random.nextLong()) {
        return false;
      }
    }
    return true;
  }

  static void assertZeros(DataObject object, long blockId) {
    Buffer buffer = object.hold(blockId, TAG);
    try {
      assertTrue(isZeros(buffer), () -> object + " block " + blockId + " is no hole");
    } finally {
      buffer.release(TAG);
    }
  }

  static boolean isZeros(Buffer buffer) {
    for (int offset = 0; offset < buffer.sizeBytes(); offset += Long.BYTES) {
      if (NativeMemory.getLong(buffer.address() + offset) != 0) {
        return false;
      }
    }
    return true;
  }

  /** What a block holds in a model: a number for its content, 0 for zeros. */
  static void assertContent(DataObject object, long blockId, long content) {
    if (content == 0) {
      assertZeros(object, blockId);
    } else {
      assertFilled(object, blockId, content);
    }
  }

  /** Nothing damaged, nothing leaked, nothing held. */
  static void assertClean(ObjectSet objects) {
    CheckReport report = objects.check(CheckProgress.NONE);
    assertTrue(report.isClean(), () -> "problems: " + report.problems());
    assertEquals(0, report.leakedBytes());
    assertNothingHeld(objects.cache());
  }

  /** The thread that syncs holds blocks too, as long as it has something to do. */
  private static void assertNothingHeld(BufferCache cache) {
    try {
      Waiting.until("nothing to be held", () -> cache.outstandingHolds().isEmpty());
    } catch (AssertionError e) {
      throw new AssertionError("holds: " + cache.outstandingHolds(), e);
    }
  }
}
