// SPDX-License-Identifier: Apache-2.0
/**
 * What operations cost, side by side with other stores: {@link
 * org.zapkv.bench.performance.PerformanceReport}. Each measurement is a {@link
 * org.zapkv.bench.performance.Measure} that runs in a JVM of its own.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.bench.performance;
