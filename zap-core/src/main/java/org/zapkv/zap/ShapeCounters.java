// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.atomic.AtomicLong;

/** What the parts of a map count for its {@link ZapActivity}. */
final class ShapeCounters {
  final AtomicLong conversions = new AtomicLong();
  final AtomicLong splits = new AtomicLong();
  final AtomicLong merges = new AtomicLong();
  final AtomicLong growthSteps = new AtomicLong();
  final AtomicLong reductions = new AtomicLong();

  ZapActivity activity(long leafReuses) {
    return new ZapActivity(
        conversions.get(),
        splits.get(),
        merges.get(),
        growthSteps.get(),
        reductions.get(),
        leafReuses);
  }
}
