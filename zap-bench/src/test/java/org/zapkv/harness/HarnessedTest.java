// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.subject.ZapKind;

/**
 * Zap in the harness for a short time; for longer with {@code -Dzap.harness.seconds}. The seeds are
 * in the output.
 */
@Tag("once")
final class HarnessedTest {
  @Harnessed(store = ZapKind.class, seconds = 3, seed = 20_261_122, threads = 1)
  void aSeedOfOld(Outcome outcome) {
    assertEquals(20_261_122, outcome.seed());
    // What every few seconds meet on any machine.
    assertEquals(
        List.of(),
        outcome
            .coverage()
            .missing(
                EnumSet.of(
                    Event.CHANGE, Event.READ, Event.BATCH, Event.REOPENING, Event.POWER_CUT)));
  }

  @Harnessed(store = ZapKind.class, seconds = 3)
  void aFreshSeed() {}

  /** How the one below is run: never by JUnit. */
  private static final class Forgetful {
    @SuppressWarnings("unused")
    @Harnessed(store = ForgetfulKind.class, seconds = 20, seed = 1, threads = 1)
    void forgets() {}
  }

  @Test
  void aStoreThatIsWrongFails() throws NoSuchMethodException {
    Harnessed told = Forgetful.class.getDeclaredMethod("forgets").getAnnotation(Harnessed.class);
    Map<String, String> given = Map.of("zap.harness.seed", "5");
    String message =
        assertThrows(
                AssertionError.class,
                () -> HarnessExtension.run(told, name -> given.getOrDefault(name, "")))
            .getMessage();
    assertTrue(message.startsWith("Forgetful: VIOLATION\n"), message);
    assertTrue(message.contains("--seed 5 --threads 1"), message);
  }
}
