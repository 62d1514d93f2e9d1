// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code java -jar zap-harness.jar} runs. */
@Command(
    name = "zap-harness",
    mixinStandardHelpOptions = true,
    description = "Finds out whether a store loses data.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no violation",
      "1:the store did what it may not do",
      "2:the command line is wrong",
      "3:the harness itself failed"
    })
public final class HarnessMain implements Runnable {
  static final int FINE = 0;
  static final int VIOLATION = 1;
  static final int FAILED = 3;

  @Spec private CommandSpec spec;

  HarnessMain() {}

  /**
   * Runs a command and ends the process with its exit code.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(run(Screen.system(), args));
  }

  static int run(Screen screen, String... args) {
    IExecutionExceptionHandler failed =
        (exception, command, result) -> {
          screen.err().println("the harness failed: " + exception);
          exception.printStackTrace(screen.err());
          return FAILED;
        };
    CommandLine line =
        new CommandLine(new HarnessMain())
            .addSubcommand(new RunCommand(screen))
            .addSubcommand(new ReplayCommand(screen))
            .addSubcommand(new PeersCommand(screen))
            .addSubcommand(new DefectsCommand(screen))
            .addSubcommand(new HelpCommand())
            .setOut(new PrintWriter(screen.out(), true, UTF_8))
            .setErr(new PrintWriter(screen.err(), true, UTF_8))
            .setExecutionExceptionHandler(failed);
    Quiet quiet = new Quiet();
    try {
      return line.execute(args);
    } catch (LinkageError e) {
      screen.err().println("a class is missing on the class path: " + e);
      return FAILED;
    } finally {
      quiet.end();
    }
  }

  /** Refuses what is less than can be, before anything is done. */
  static void checkLeast(CommandSpec spec, String option, long value, long least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), option + " " + value + ": at least " + least + "; see --help.");
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command? See --help.");
  }
}
