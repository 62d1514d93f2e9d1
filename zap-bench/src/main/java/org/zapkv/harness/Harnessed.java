// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.subject.StoreKind;

/**
 * A test that has the harness try a store, and fails if the store does something wrong. The method
 * may have a parameter {@code Outcome} and look at what was met:
 *
 * <pre>{@code
 * @Harnessed(store = MyStoreKind.class, seconds = 10)
 * void keepsItsPromises(Outcome outcome) {
 *   assertTrue(outcome.coverage().count(Event.KILL) > 0);
 * }
 * }</pre>
 *
 * <p>The parameters {@code zap.harness.seed} and {@code zap.harness.seconds} of JUnit, which may be
 * system properties, go before those of the annotations: to repeat, or to try for longer.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(HarnessExtension.class)
@Test
public @interface Harnessed {
  /** A fresh seed each time. A failure names it. */
  long FRESH = Long.MIN_VALUE;

  /**
   * What is tested.
   *
   * @return a class with a public constructor without parameters
   */
  Class<? extends StoreKind> store();

  /**
   * For how long.
   *
   * @return seconds
   */
  double seconds() default 10;

  /**
   * What everything follows from.
   *
   * @return a seed, or {@link #FRESH}
   */
  long seed() default FRESH;

  /**
   * How many threads use the store at once.
   *
   * @return 1 or above
   */
  int threads() default 2;

  /**
   * What may go wrong.
   *
   * @return faults; none: those that {@link Harness#of} begins with
   */
  FaultKind[] faults() default {};

  /**
   * Where a page, JSON and text are written.
   *
   * @return a directory; empty: nowhere
   */
  String reports() default "";
}
