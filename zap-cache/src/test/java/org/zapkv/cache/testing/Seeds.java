// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.util.Random;

/** Seeds of random tests: new each time, or the one given by {@code -Dzap.seed}. */
public final class Seeds {
  private Seeds() {}

  /** A random test. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs it.
     *
     * @param seed what all its randomness comes from
     * @throws Exception if it fails
     */
    void run(long seed) throws Exception;
  }

  /**
   * Runs a test with a seed and names the seed if it fails.
   *
   * @param body the test
   * @throws Exception what the test throws
   */
  public static void run(Body body) throws Exception {
    Long given = Long.getLong("zap.seed");
    long seed = given == null ? new Random().nextLong() : given;
    try {
      body.run(seed);
    } catch (Exception | Error e) {
      e.addSuppressed(new AssertionError("to repeat: -Dzap.seed=" + seed));
      throw e;
    }
  }
}
