// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;

@Tag("once")
final class GapsTest {
  private static Map<Event, String> gaps(Set<Capability> has, Set<FaultKind> faults) {
    Coverage coverage = new Coverage();
    coverage.add(Event.CHANGE);
    return Gaps.of(
        new Settings(new FakeKind(has), Duration.ofSeconds(1), 1, 1, faults, null), coverage);
  }

  @Test
  void whatWasNeverMetHasAReason() {
    Map<Event, String> gaps =
        gaps(EnumSet.of(Capability.DEVICES, Capability.SCRUB), EnumSet.of(FaultKind.POWER));
    assertEquals(Event.values().length - 1, gaps.size());
    assertEquals("the store does not have RESUMABLE_SCAN", gaps.get(Event.SCAN_RESUMED));
    assertEquals("it did not come to that", gaps.get(Event.SCRUB));
    assertEquals("it did not come to that", gaps.get(Event.TORN_WRITE));
    assertEquals("the run was told to do without EIO", gaps.get(Event.IO_ERROR));
    assertEquals("the run was told to do without KILL", gaps.get(Event.KILL));
    assertEquals("it did not come to that, or the store does not tell", gaps.get(Event.SPLIT));
    assertEquals("the store does not have DEVICES", gaps(Set.of(), Set.of()).get(Event.POWER_CUT));
  }
}
