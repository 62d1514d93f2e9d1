// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.LifeFile;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.run.Replay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Does again what a log of operations says. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = "Does again what a log of operations says, and says whether the store is wrong.")
final class ReplayCommand implements Callable<Integer> {
  private final Screen screen;

  @Spec private CommandSpec spec;

  @Option(
      names = "--times",
      description = "How often at most, until it is wrong; 1 without. For logs of several threads.",
      defaultValue = "1")
  private int times;

  @Parameters(paramLabel = "LOG", description = "The log.")
  private Path log;

  ReplayCommand(Screen screen) {
    this.screen = screen;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    HarnessMain.checkLeast(spec, "--times", times, 1);
    Life life = LifeFile.read(log);
    for (int i = 1; i <= times; i++) {
      Optional<Violation> violation = Replay.run(life);
      if (violation.isPresent()) {
        screen.out().println("VIOLATION " + violation.get().getMessage());
        violation.get().printStackTrace(screen.err());
        return HarnessMain.VIOLATION;
      }
    }
    screen.out().println("no violation" + (times > 1 ? " in " + times + " times" : ""));
    return HarnessMain.FINE;
  }
}
