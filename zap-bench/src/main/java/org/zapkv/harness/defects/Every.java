// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.concurrent.atomic.AtomicLong;

/** Says when a defect happens: every so many times. Any thread. */
final class Every {
  private final int times;
  private final AtomicLong asked = new AtomicLong();

  Every(int times) {
    this.times = times;
  }

  /** Whether this time it happens. */
  boolean isNow() {
    return asked.incrementAndGet() % times == 0;
  }
}
