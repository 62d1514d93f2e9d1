// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.subject.Capability;

/** Who does which part of a run. */
@Tag("once")
final class EnginesTest {
  private final List<String> done = new ArrayList<>();
  private final List<String> heard = new ArrayList<>();

  private Outcome run(Set<Capability> has, Set<FaultKind> faults, Outcome.@Nullable Failure failure)
      throws Exception {
    return new Engines(engine("devices", failure), engine("kills", null))
        .run(
            settings(has, faults),
            (operations, openings, number, coverage) ->
                heard.add(
                    operations + " " + openings + " " + number + " " + coverage.count(Event.READ)));
  }

  private static Settings settings(Set<Capability> has, Set<FaultKind> faults) {
    return new Settings(new FakeKind(has), Duration.ofSeconds(100), 5, 2, faults, null);
  }

  private Engine engine(String name, Outcome.@Nullable Failure failure) {
    return (settings, listener) -> {
      done.add(name + ' ' + settings.duration().toSeconds() + ' ' + settings.faults());
      Coverage coverage = new Coverage();
      coverage.add(Event.READ, 7);
      listener.progress(10, 3, 2, coverage);
      return new Outcome(
          settings.seed(),
          10,
          1,
          3,
          2,
          Duration.ofSeconds(1),
          coverage,
          List.of(1.5),
          failure,
          null);
    };
  }

  @Test
  void withoutKillsAllIsOnDevices() throws Exception {
    run(Set.of(Capability.DEVICES), EnumSet.of(FaultKind.POWER), null);
    assertEquals(List.of("devices 100 [POWER]"), done);
    assertEquals(List.of("10 3 2 7"), heard);
  }

  @Test
  void killsAloneHaveAllOfTheTime() throws Exception {
    run(Set.of(Capability.DEVICES), EnumSet.of(FaultKind.KILL), null);
    run(Set.of(), EnumSet.of(FaultKind.INTERRUPT, FaultKind.KILL), null);
    assertEquals(List.of("kills 100 [KILL]", "kills 100 [INTERRUPT, KILL]"), done);
  }

  @Test
  void killsAndOthersShareTheTimeAndTheFigures() throws Exception {
    Outcome outcome =
        run(
            Set.of(Capability.DEVICES),
            EnumSet.of(FaultKind.POWER, FaultKind.INTERRUPT, FaultKind.KILL),
            null);
    assertEquals(List.of("devices 75 [POWER, INTERRUPT]", "kills 25 [INTERRUPT, KILL]"), done);
    assertEquals(List.of("10 3 2 7", "20 6 4 14"), heard);
    assertEquals(
        "5 20 2 6 4 PT2S [1.5, 1.5] 14",
        outcome.seed()
            + " "
            + outcome.operations()
            + " "
            + outcome.lives()
            + " "
            + outcome.openings()
            + " "
            + outcome.faults()
            + " "
            + outcome.elapsed()
            + " "
            + outcome.recoveryMillis()
            + " "
            + outcome.coverage().count(Event.READ));
  }

  @Test
  void nothingComesAfterAnInterrupt() throws Exception {
    Engine interrupted =
        (settings, listener) -> {
          Outcome outcome = engine("devices", null).run(settings, listener);
          Thread.currentThread().interrupt();
          return outcome;
        };
    Outcome outcome =
        new Engines(interrupted, engine("kills", null))
            .run(
                settings(Set.of(Capability.DEVICES), EnumSet.of(FaultKind.POWER, FaultKind.KILL)),
                RunListener.NONE);
    assertTrue(Thread.interrupted());
    assertEquals(10, outcome.operations());
    assertEquals(List.of("devices 75 [POWER]"), done);
  }

  @Test
  void nothingComesAfterAViolation() throws Exception {
    Outcome.Failure failure = new Outcome.Failure(1, 2, 3, "get", "LOST: it");
    Outcome outcome =
        run(Set.of(Capability.DEVICES), EnumSet.of(FaultKind.POWER, FaultKind.KILL), failure);
    assertEquals(failure, outcome.violation());
    assertEquals(List.of("devices 75 [POWER]"), done);
  }

  @Test
  void aStoreInADirectoryHasNoDevicesThatFail() {
    for (Set<FaultKind> faults :
        List.of(
            EnumSet.of(FaultKind.CLOCK),
            EnumSet.of(FaultKind.EIO, FaultKind.KILL),
            EnumSet.of(FaultKind.POWER))) {
      Settings settings = settings(Set.of(Capability.DURABLE), faults);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      new Engines(engine("", null), engine("", null))
                          .run(settings, RunListener.NONE))
              .getMessage();
      assertTrue(message.endsWith("but not " + faults + "."), message);
    }
    assertEquals(List.of(), done);
    Engines.check(settings(Set.of(), Engines.usualFaults(Set.of())));
    Engines.check(settings(Set.of(), EnumSet.of(FaultKind.INTERRUPT)));
    Engines.check(settings(Set.of(Capability.DEVICES), EnumSet.noneOf(FaultKind.class)));
  }
}
