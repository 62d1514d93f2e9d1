// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.random.RandomGenerator;

/**
 * Numbers from 0, of which n is chosen in proportion to (n + 1) to the power of minus 0.99: the
 * distribution of YCSB. By rejection from the integral of the density, as W. Hörmann and G.
 * Derflinger have it ("Rejection-inversion to generate variates from monotone discrete
 * distributions", 1996), so it is exact and needs no table.
 */
final class Zipf {
  private static final double EXPONENT = 0.99;

  /** Where the power series is as good as the closed form, and does not cancel. */
  private static final double SMALL = 1e-8;

  private final long count;
  private final double first;
  private final double last;
  private final double sure;

  Zipf(long count) {
    this.count = count;
    first = integral(1.5) - 1;
    last = integral(count + 0.5);
    sure = 2 - inverse(integral(2.5) - density(2));
  }

  long next(RandomGenerator random) {
    while (true) {
      double u = last + random.nextDouble() * (first - last);
      double x = inverse(u);
      long rank = Math.max(1, Math.min(count, Math.round(x)));
      if (rank - x <= sure || u >= integral(rank + 0.5) - density((double) rank)) {
        return rank - 1;
      }
    }
  }

  private static double density(double x) {
    return Math.exp(-EXPONENT * Math.log(x));
  }

  /** The integral of the density from 1. */
  private static double integral(double x) {
    double log = Math.log(x);
    double t = (1 - EXPONENT) * log;
    return log * (Math.abs(t) > SMALL ? Math.expm1(t) / t : 1 + t / 2);
  }

  private static double inverse(double area) {
    double t = Math.max(-1, area * (1 - EXPONENT));
    return Math.exp(area * (Math.abs(t) > SMALL ? Math.log1p(t) / t : 1 - t / 2));
  }
}
