// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.subject.Capability;

/**
 * A run with all that its settings name: in this process on the harness's devices, and in children
 * that are killed, one after the other.
 *
 * @param inProcess for stores with {@link Capability#DEVICES}
 * @param killing for {@link FaultKind#KILL}
 */
record Engines(Engine inProcess, Engine killing) implements Engine {
  /** The part of a run with both that belongs to the children: one of so many. */
  private static final int KILLING_PART = 4;

  /** Whatever a store is on, its process can be killed and its threads interrupted. */
  private static final Set<FaultKind> WITHOUT_DEVICES = Set.of(FaultKind.KILL, FaultKind.INTERRUPT);

  /** What can go wrong for a store with these capabilities, if nobody says what should. */
  static Set<FaultKind> usualFaults(Set<Capability> capabilities) {
    return capabilities.contains(Capability.DEVICES)
        ? EnumSet.complementOf(EnumSet.of(FaultKind.KILL))
        : EnumSet.copyOf(WITHOUT_DEVICES);
  }

  /**
   * Refuses what cannot be done.
   *
   * @throws IllegalArgumentException if the store is not for these faults
   */
  static void check(Settings settings) {
    if (onDevices(settings)) {
      return;
    }
    Set<FaultKind> faults = settings.faults();
    if (!WITHOUT_DEVICES.containsAll(faults)) {
      throw new IllegalArgumentException(
          settings.store().title()
              + " does not have Capability.DEVICES: its faults can be kill and interrupt, but not "
              + faults
              + ".");
    }
  }

  @Override
  public Outcome run(Settings settings, RunListener listener)
      throws IOException, InterruptedException {
    check(settings);
    if (!settings.faults().contains(FaultKind.KILL)) {
      return inProcess.run(settings, listener);
    }
    if (!onDevices(settings) || settings.faults().size() == 1) {
      return killing.run(settings, listener);
    }
    return both(settings, listener);
  }

  private Outcome both(Settings settings, RunListener listener)
      throws IOException, InterruptedException {
    Duration killed = settings.duration().dividedBy(KILLING_PART);
    Set<FaultKind> others = EnumSet.copyOf(settings.faults());
    others.remove(FaultKind.KILL);
    Outcome first =
        inProcess.run(part(settings, settings.duration().minus(killed), others), listener);
    if (first.violation() != null || Thread.currentThread().isInterrupted()) {
      return first;
    }
    Set<FaultKind> killing = EnumSet.copyOf(WITHOUT_DEVICES);
    killing.retainAll(settings.faults());
    return sum(
        first,
        this.killing.run(
            part(settings, killed, killing),
            (operations, openings, faults, coverage) ->
                listener.progress(
                    first.operations() + operations,
                    first.openings() + openings,
                    first.faults() + faults,
                    sum(first.coverage(), coverage))));
  }

  private static boolean onDevices(Settings settings) {
    return settings.store().capabilities().contains(Capability.DEVICES);
  }

  private static Settings part(Settings all, Duration duration, Set<FaultKind> faults) {
    return new Settings(all.store(), duration, all.seed(), all.threads(), faults, all.directory());
  }

  private static Outcome sum(Outcome first, Outcome second) {
    List<Double> recoveries = new ArrayList<>(first.recoveryMillis());
    recoveries.addAll(second.recoveryMillis());
    return new Outcome(
        first.seed(),
        first.operations() + second.operations(),
        first.lives() + second.lives(),
        first.openings() + second.openings(),
        first.faults() + second.faults(),
        first.elapsed().plus(second.elapsed()),
        sum(first.coverage(), second.coverage()),
        recoveries,
        second.violation(),
        second.log());
  }

  private static Coverage sum(Coverage first, Coverage second) {
    Coverage sum = new Coverage();
    for (Event event : Event.values()) {
      sum.add(event, first.count(event) + second.count(event));
    }
    return sum;
  }
}
