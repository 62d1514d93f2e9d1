// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.List;
import org.zapkv.harness.oracle.Violation;

/** What it means that a store has thrown something. */
final class Failures {
  /** They say that a program is wrong, not that something outside of it is. */
  private static final List<Class<? extends RuntimeException>> OF_PROGRAMMERS =
      List.of(
          NullPointerException.class,
          IndexOutOfBoundsException.class,
          ClassCastException.class,
          IllegalStateException.class,
          IllegalArgumentException.class,
          ArithmeticException.class,
          ArrayStoreException.class,
          NegativeArraySizeException.class);

  private Failures() {}

  /** Whether a store may throw that when its devices fail or lie. */
  static boolean isHonest(Throwable failure) {
    return failure instanceof Exception
        && !(failure instanceof Violation)
        && OF_PROGRAMMERS.stream().noneMatch(kind -> kind.isInstance(failure));
  }

  /** A failure as a violation, if it is none. */
  static Violation of(Violation.Kind kind, String what, Throwable failure) {
    if (failure instanceof Violation violation) {
      return violation;
    }
    return new Violation(kind, what + " threw " + failure, failure);
  }
}
