// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.zapkv.harness.subject.Capability;

/**
 * What a store that is opened has to hold, and may.
 *
 * @param capabilities what the store is held to
 * @param position how far the recording of the devices was when the crash came
 * @param isCrash whether there was one: else everything that was acknowledged is there
 */
record Rules(Set<Capability> capabilities, long position, boolean isCrash) {
  /** Whether so many first commits of a line are there, and no others. */
  boolean isOrdered() {
    return capabilities.contains(Capability.ORDERED);
  }

  /** Whether commits are there as a whole or not at all. */
  boolean isAtomic() {
    return capabilities.contains(Capability.BATCH);
  }

  /** Whether what was there when the store was opened cannot be gone without a change. */
  boolean isBaseFirm() {
    return !isCrash || isOrdered() || capabilities.contains(Capability.DURABLE);
  }

  /** How many commits of a line had begun: later ones cannot be there. */
  int begun(Line line) {
    List<Pending> commits = line.commits();
    int count = commits.size();
    while (isCrash && count > 0 && commits.get(count - 1).startPosition > position) {
      count--;
    }
    return count;
  }

  /** The commits of a line that somebody was told are durable. */
  BitSet durable(Line line) {
    BitSet durable = new BitSet();
    if (isCrash && !capabilities.contains(Capability.DURABLE)) {
      return durable;
    }
    int synced = line.synced(position);
    for (Pending commit : line.commits()) {
      boolean isTold = !isCrash || commit.number < synced || commit.isDurable(position);
      durable.set(commit.number, commit.isAcknowledged() && isTold);
    }
    return durable;
  }
}
