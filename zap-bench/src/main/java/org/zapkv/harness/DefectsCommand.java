// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.List;
import java.util.concurrent.Callable;
import org.zapkv.harness.defects.DefectRow;
import org.zapkv.harness.defects.Defects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows that the harness finds what is wrong. */
@Command(
    name = "defects",
    mixinStandardHelpOptions = true,
    description =
        "Plants defects between the harness and Zap, and looks for them. Exit code 1 if one was"
            + " not found each time, or something without one.")
final class DefectsCommand implements Callable<Integer> {
  private final Screen screen;

  @Spec private CommandSpec spec;

  @Option(names = "--seed", description = "The first seed; 1 without.", defaultValue = "1")
  private long seed;

  @Option(
      names = "--seeds",
      description = "How many seeds for each; 5 without.",
      defaultValue = "5")
  private int seeds;

  @Option(
      names = "--operations",
      description = "After how many operations one is given up, about; 100000 without.",
      defaultValue = "100000")
  private long operations;

  DefectsCommand(Screen screen) {
    this.screen = screen;
  }

  @Override
  public Integer call() {
    HarnessMain.checkLeast(spec, "--seeds", seeds, 1);
    HarnessMain.checkLeast(spec, "--operations", operations, 1);
    List<DefectRow> rows =
        Defects.table(seed, seeds, operations, row -> screen.err().println(Defects.line(row)));
    screen.out().print(Defects.markdown(rows));
    return rows.stream().allMatch(DefectRow::isGood) ? HarnessMain.FINE : HarnessMain.VIOLATION;
  }
}
