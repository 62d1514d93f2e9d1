// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.security.SecureRandom;
import java.util.Random;

/** Random tests: the seed is in the failure, and {@code -Dzap.seed} sets it. */
final class Seeds {
  private Seeds() {}

  /** A test that draws from a seeded source. */
  interface Body {
    void run(Random random) throws Exception;
  }

  static void run(Body body) {
    Long given = Long.getLong("zap.seed");
    long seed = given != null ? given : new SecureRandom().nextLong();
    try {
      body.run(new Random(seed));
    } catch (Throwable e) {
      throw new AssertionError("seed: -Dzap.seed=" + seed, e);
    }
  }
}
