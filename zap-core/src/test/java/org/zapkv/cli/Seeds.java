// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

/** The seed of a random test: new for each run, or that of -Dzap.seed. */
final class Seeds {
  private Seeds() {}

  static long next() {
    return Long.getLong("zap.seed", System.nanoTime());
  }
}
