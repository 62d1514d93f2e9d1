// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How much work a {@link Minimiser} may do. One thread. */
public final class Budget {
  private final BooleanSupplier isOver;
  private int attempts;

  /**
   * A budget.
   *
   * @param attempts how often a life may be tried
   * @param isOver whether time is over; asked before each attempt
   */
  public Budget(int attempts, BooleanSupplier isOver) {
    this.attempts = attempts;
    this.isOver = isOver;
  }

  /**
   * A budget that ends after a time.
   *
   * @param attempts how often a life may be tried
   * @param time from now on
   * @return the budget
   */
  public static Budget of(int attempts, Duration time) {
    long start = System.nanoTime();
    return new Budget(
        attempts,
        () -> System.nanoTime() - start > time.toNanos() || Thread.currentThread().isInterrupted());
  }

  /** Takes an attempt if there is one left. */
  boolean take() {
    if (attempts <= 0 || isOver.getAsBoolean()) {
      attempts = 0;
      return false;
    }
    attempts--;
    return true;
  }

  boolean isSpent() {
    return attempts <= 0;
  }
}
