// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.util.Arrays;
import org.zapkv.bench.durability.DurabilityReport;
import org.zapkv.bench.performance.PerformanceReport;

/** What {@code java -jar zap-bench.jar} runs: a report, or else the benchmarks of JMH. */
public final class Main {
  private Main() {}

  /**
   * Runs a report or benchmarks.
   *
   * @param args {@code report} or {@code durability} and the arguments of that report, or the
   *     arguments of JMH
   * @throws IOException if JMH fails
   */
  public static void main(String[] args) throws IOException {
    String first = args.length == 0 ? "" : args[0];
    switch (first) {
      case "report" -> PerformanceReport.main(Arrays.copyOfRange(args, 1, args.length));
      case "durability" -> DurabilityReport.main(Arrays.copyOfRange(args, 1, args.length));
      default -> org.openjdk.jmh.Main.main(args);
    }
  }
}
