// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;

/** Says why a run has not met what it has not met. */
final class Gaps {
  private Gaps() {}

  /**
   * Why.
   *
   * @param settings what the run was told
   * @param coverage what it met
   * @return a reason for each event that was never met
   */
  static Map<Event, String> of(Settings settings, Coverage coverage) {
    Map<Event, String> reasons = new EnumMap<>(Event.class);
    for (Event event : Event.values()) {
      if (coverage.count(event) == 0) {
        reasons.put(event, reason(event, settings));
      }
    }
    return reasons;
  }

  private static String reason(Event event, Settings settings) {
    Set<Capability> has = settings.store().capabilities();
    Capability capability = capability(event);
    if (capability != null && !has.contains(capability)) {
      return "the store does not have " + capability;
    }
    FaultKind fault = fault(event);
    if (fault != null && !settings.faults().contains(fault)) {
      return "the run was told to do without " + fault;
    }
    return switch (event) {
      case CONVERSION,
          SPLIT,
          MERGE,
          GROWTH,
          REDUCTION,
          LEAF_REUSE,
          USER_EVICTION,
          FREED_IN_FLIGHT,
          EARLY_WRITE,
          REPLAY,
          TORN_TAIL ->
          "it did not come to that, or the store does not tell";
      case DIRECT_IO -> "it did not come to that; stores in directories only";
      default -> "it did not come to that";
    };
  }

  private static @Nullable Capability capability(Event event) {
    return switch (event) {
      case BATCH, LARGE_BATCH -> Capability.BATCH;
      case BATCH_OVER_MAPS -> Capability.BATCH_OVER_MAPS;
      case SWAP, REFUSED_SWAP -> Capability.COMPARE_AND_SET;
      case INCREMENT -> Capability.INCREMENT;
      case TRANSACTION -> Capability.TRANSACT;
      case MAP_CLEARED -> Capability.CLEAR_MAP;
      case MAP_DROPPED -> Capability.DROP_MAP;
      case SCAN_RESUMED -> Capability.RESUMABLE_SCAN;
      case COMPACTION -> Capability.COMPACT;
      case SCRUB -> Capability.SCRUB;
      case CHECK -> Capability.CHECK;
      case CREATION_CUT -> Capability.SAFE_CREATION;
      case POWER_CUT,
          TORN_WRITE,
          REORDERED,
          SECOND_CUT,
          CUT_AFTER_FAULT,
          FAULT_IN_RECOVERY,
          IO_ERROR,
          FULL_DISK,
          BIT_FLIP,
          BIT_FLIP_NOTICED,
          SLOW_IO ->
          Capability.DEVICES;
      default -> null;
    };
  }

  private static @Nullable FaultKind fault(Event event) {
    return switch (event) {
      case POWER_CUT, TORN_WRITE, REORDERED, SECOND_CUT -> FaultKind.POWER;
      case CUT_AFTER_FAULT, FAULT_IN_RECOVERY -> FaultKind.EIO;
      case IO_ERROR -> FaultKind.EIO;
      case FULL_DISK -> FaultKind.FULL;
      case BIT_FLIP, BIT_FLIP_NOTICED -> FaultKind.FLIP;
      case SLOW_IO -> FaultKind.SLOW;
      case INTERRUPT -> FaultKind.INTERRUPT;
      case CLOCK_JUMP -> FaultKind.CLOCK;
      case KILL -> FaultKind.KILL;
      default -> null;
    };
  }
}
