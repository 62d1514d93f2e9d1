// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import org.zapkv.harness.fault.JumpingClock;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.StoreKind;

/** What all that happens in a life has in common. Any thread. */
final class Scene {
  final StoreKind kind;
  final Tally tally;
  final Watch watch;
  final JumpingClock clock = new JumpingClock();
  private volatile boolean stopped;
  private volatile boolean mayLeak;

  Scene(StoreKind kind, Tally tally, Watch watch) {
    this.kind = kind;
    this.tally = tally;
    this.watch = watch;
  }

  boolean can(Capability capability) {
    return kind.capabilities().contains(capability);
  }

  /**
   * A device failed to read: where that was what says which space is used, what was freed there
   * meanwhile is still marked as used when the store is opened again. So leaks are no violation in
   * the rest of the life.
   */
  void mayLeak() {
    mayLeak = true;
  }

  boolean isLeakForgiven() {
    return mayLeak;
  }

  /** Nobody begins another operation. */
  void stop() {
    stopped = true;
  }

  boolean isStopped() {
    return stopped;
  }
}
