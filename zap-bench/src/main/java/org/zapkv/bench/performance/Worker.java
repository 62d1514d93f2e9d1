// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

/** What one thread does while it is timed. Used by one thread at a time. */
@FunctionalInterface
interface Worker {
  /**
   * Does some operations, so many that looking at the clock in between is no cost.
   *
   * @return how many they were; 0 if there are none left
   */
  long work();
}
