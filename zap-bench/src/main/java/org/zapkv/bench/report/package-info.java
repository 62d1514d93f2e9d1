// SPDX-License-Identifier: Apache-2.0
/**
 * What the reports are made of: {@link org.zapkv.bench.report.Measurement measurements} that run in
 * JVMs of their own, figures of several rounds, tables, charts.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.bench.report;
