// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;
import org.zapkv.store.ZapMap;

/**
 * The operations of single keys are linearizable, says Lincheck. In the profile {@code lincheck}
 * only; {@code LinearizabilityTest} has a checker of our own in every build. Longer with {@code
 * -Dzap.lincheck.iterations=1000}.
 */
class SingleKeyLincheckTest {
  private static final int ITERATIONS = Integer.getInteger("zap.lincheck.iterations", 40);
  private static final int INVOCATIONS = 500;
  private static final int THREADS = 3;
  private static final int CALLS_OF_A_THREAD = 4;
  private static final int CALLS_AROUND = 2;

  private static StressOptions options(Class<?> model) {
    return new StressOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(THREADS)
        .actorsPerThread(CALLS_OF_A_THREAD)
        .actorsBefore(CALLS_AROUND)
        .actorsAfter(CALLS_AROUND)
        .sequentialSpecification(model);
  }

  private static void isStill(ZapMap map, boolean micro) {
    assertEquals(micro, map.isMicro(), map.name());
  }

  @Test
  void theLongsOfAMicroMap() {
    options(LongModel.class).check(MicroOperations.class);
    isStill(Maps.MICRO, true);
  }

  @Test
  void theLongsOfAFatMap() {
    options(LongModel.class).check(FatOperations.class);
    isStill(Maps.FAT, false);
  }

  @Test
  void theBytesOfAFatMap() {
    options(TextModel.class).check(TextOperations.class);
    isStill(Maps.TEXTS, false);
  }

  /** To look for the shortest scenario that shows it takes longer than to find one. */
  @Test
  void aLostUpdateIsFound() {
    StressOptions options = options(LongModel.class).minimizeFailedScenario(false);
    LincheckAssertionError found =
        assertThrows(LincheckAssertionError.class, () -> options.check(LostUpdateOperations.class));
    assertTrue(found.getMessage().contains("increment"), found.getMessage());
  }
}
