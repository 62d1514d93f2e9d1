// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Holds back those who begin transactions while one thread makes a change alone. */
final class WriterBarrier {
  /*
   * Implementation notes
   *
   *   down --raise--> holds long ones --holdAll--> holds all --lower--> down
   *                                                   '--lowerAfter(group)--> holds all until the
   *                                                                           group is durable
   *
   * Each section is an object of its own, and what it says of itself is never reset: so nobody can
   * take the end of one for the end of a later one. One that is left up until a group is durable
   * goes down by that alone, and has no owner: whoever raised it is held as all others are.
   *
   * Who begins looks here, enters the gate, and looks again: if the barrier was raised in between
   * he leaves the gate and waits. So once the barrier is up and then nobody is inside, those who
   * come inside do nothing there but leave.
   */

  private static final class Section {
    private volatile @Nullable Thread owner = Thread.currentThread();
    private volatile boolean holdsAll;
    private volatile long until = Long.MAX_VALUE;
  }

  private final LongSupplier syncedGroup;
  private volatile @Nullable Section section;

  /** A barrier that is down; it is told which group is the newest durable one. */
  WriterBarrier(LongSupplier syncedGroup) {
    this.syncedGroup = syncedGroup;
  }

  /** Whether the caller may not begin a transaction now. */
  boolean holdsBack(boolean isLong) {
    Section up = section;
    return up != null
        && (isLong || up.holdsAll)
        && up.owner != Thread.currentThread()
        && syncedGroup.getAsLong() < up.until;
  }

  /** The group that has to be durable before a section may begin; 0: none. */
  long heldUntil() {
    Section up = section;
    return up == null ? 0 : up.until;
  }

  /** From here on no long transaction is begun but by the caller. */
  void raise() {
    section = new Section();
  }

  /** From here on none is. To be called by who has raised it, as the rest. */
  void holdAll() {
    Section up = section;
    if (up != null) {
      up.holdsAll = true;
    }
  }

  void lower() {
    section = null;
  }

  /** The owner goes, and all are held until a group is durable. */
  void lowerAfter(long group) {
    Section up = section;
    if (up != null) {
      up.until = group;
      up.owner = null;
    }
  }
}
