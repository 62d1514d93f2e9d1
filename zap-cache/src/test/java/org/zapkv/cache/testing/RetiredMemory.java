// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.util.concurrent.locks.LockSupport;
import org.zapkv.cache.memory.RetiredSlabs;

/** The memory of closed caches that may still be read, in the JVM of the tests. */
public final class RetiredMemory {
  private static final long LOOK_NANOS = 1_000_000;

  private RetiredMemory() {}

  /** Waits until there is none. */
  public static void awaitNone() {
    awaitAtMost(0);
  }

  /**
   * Waits until there is no more than so much; the garbage collector is asked for it.
   *
   * @param bytes at most so many
   * @throws AssertionError if there is more after {@link Waiting#PATIENCE}: somebody can still
   *     reach a cache, or a map, that is closed. A test that keeps one in a static field does that
   *     to all tests after it, in an order that is another one on another machine
   */
  public static void awaitAtMost(long bytes) {
    long begin = System.nanoTime();
    while (RetiredSlabs.retiredBytes() > bytes) {
      if (System.nanoTime() - begin > Waiting.PATIENCE.toNanos()) {
        throw new AssertionError(
            "retired memory: "
                + RetiredSlabs.retiredBytes()
                + " bytes after "
                + Waiting.PATIENCE
                + ", not "
                + bytes
                + ": who keeps a closed store or cache, in a static field for instance?");
      }
      System.gc();
      // The cleaner's thread has to get the processor as well.
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
