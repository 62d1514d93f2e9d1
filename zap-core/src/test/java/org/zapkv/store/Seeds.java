// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Random;

/** Seeds of random tests: fixed by -Dzap.seed, else fresh; always in the failure's message. */
final class Seeds {
  private Seeds() {}

  static long next() {
    Long fixed = Long.getLong("zap.seed");
    return fixed != null ? fixed : System.nanoTime();
  }

  static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
