// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The entry point of the executable jar. */
@Command(
    name = "zap",
    description = "A key-value store in a directory: named maps, copy on write, checksummed.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is well",
      "1:a key or a map is not there, a line or a value cannot be used, or there are differences",
      "2:what is stored is damaged",
      "3:the store or a file cannot be used: no store, open elsewhere, of a newer version,"
          + " no permission, full, or a failure of the system",
      "4:no process publishes statistics of the store (top)",
      "64:the command line is wrong",
      "70:an error of zap itself"
    },
    footer = {
      "",
      "A store is open in one process at a time; any number may read it at once, with the",
      "commands that change nothing: get, scan, export, count, maps, verify, stat, plot,",
      "check. Every message is a line on standard error that begins with 'zap: '. With",
      "--json the last line on standard output is an object with \"exitCode\" and, after a failure,"
          + " \"error\".",
      "",
      "Example:",
      "  zap put books titles 42 \"The Hitchhiker's Guide\"",
      "  zap get books titles 42",
      "  zap help export"
    })
public final class Main implements Runnable {
  private static final String LOGGING_CLASS = "java.util.logging.config.class";
  private static final String LOGGING_FILE = "java.util.logging.config.file";

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  private boolean debug;

  Main() {}

  /**
   * Runs a command and ends the process with its exit code.
   *
   * @param args the command, its parameters and options
   */
  public static void main(String[] args) {
    if (System.getProperty(LOGGING_CLASS) == null && System.getProperty(LOGGING_FILE) == null) {
      System.setProperty(LOGGING_CLASS, QuietLogging.class.getName());
    }
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    Streams streams =
        new Streams(
            new FileInputStream(FileDescriptor.in),
            new FileOutputStream(FileDescriptor.out),
            err,
            Terminal::isStandardError,
            Terminal::isStandardOutput);
    System.exit(run(args, streams));
  }

  /**
   * Runs a command within this process.
   *
   * @param args the command, its parameters and options
   * @param in standard input
   * @param out standard output
   * @param err standard error
   * @return the exit code
   */
  static int run(String[] args, InputStream in, OutputStream out, PrintStream err) {
    return run(args, new Streams(in, out, err, () -> false, () -> false));
  }

  /** Runs a command with streams that may be a terminal. */
  static int run(String[] args, Streams streams) {
    Main main = new Main();
    CommandLine commandLine = commandLine(main, streams);
    int exitCode;
    try {
      exitCode = commandLine.execute(args);
    } catch (OutOfMemoryError e) {
      exitCode = main.report(e, streams);
    }
    try {
      streams.out().flush();
    } catch (OutputFailedException e) {
      return exitCode == ExitCode.OK ? main.report(e, streams) : exitCode;
    }
    return exitCode;
  }

  private static CommandLine commandLine(Main main, Streams streams) {
    CommandLine commandLine = new CommandLine(main);
    commandLine
        .addSubcommand(new LoadCommand(streams))
        .addSubcommand(new ExportCommand(streams))
        .addSubcommand(new GetCommand(streams))
        .addSubcommand(new PutCommand(streams))
        .addSubcommand(new IncrementCommand(streams))
        .addSubcommand(new RemoveCommand(streams))
        .addSubcommand(new ScanCommand(streams))
        .addSubcommand(new CountCommand(streams))
        .addSubcommand(new MapsCommand(streams))
        .addSubcommand(new DropCommand(streams))
        .addSubcommand(new RenameCommand(streams))
        .addSubcommand(new ClearCommand(streams))
        .addSubcommand(new VerifyCommand(streams))
        .addSubcommand(new StatCommand(streams))
        .addSubcommand(new TopCommand(streams))
        .addSubcommand(new PlotCommand(streams))
        .addSubcommand(new CheckCommand(streams))
        .addSubcommand(new ScrubCommand(streams))
        .addSubcommand(new CompactCommand(streams))
        .addSubcommand(new SalvageCommand(streams))
        .addSubcommand(new DemoCommand(streams))
        .addSubcommand(ImageCommand.commandLine(streams))
        .addSubcommand(new HelpCommand());
    commandLine.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    commandLine.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    commandLine.setParameterExceptionHandler((e, args) -> misuse(e, streams));
    commandLine.setExecutionStrategy(Main::execute);
    commandLine.setExecutionExceptionHandler(
        (e, command, result) -> main.fail(e, command, streams));
    return commandLine;
  }

  private static int misuse(ParameterException e, Streams streams) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    streams.message(e.getMessage() + " (see " + command + " --help)");
    return ExitCode.USAGE;
  }

  /** Runs the command; with --json its last line follows. */
  private static int execute(ParseResult parsed) {
    int exitCode = new RunLast().execute(parsed);
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    boolean ran = !last.isUsageHelpRequested() && !last.isVersionHelpRequested();
    if (ran
        && last.commandSpec().userObject() instanceof StorePathCommand command
        && command.json()) {
      command.reportEnd(exitCode);
    }
    return exitCode;
  }

  private int fail(Exception failure, CommandLine commandLine, Streams streams) {
    int exitCode = report(failure, streams);
    if (commandLine.getCommand() instanceof StorePathCommand command
        && command.json()
        && !(failure instanceof OutputFailedException)) {
      command.report("error", Failures.message(failure));
      command.reportEnd(exitCode);
    }
    return exitCode;
  }

  private int report(Throwable failure, Streams streams) {
    if (failure instanceof OutputFailedException output && output.readerHasGone()) {
      return ExitCode.OK;
    }
    streams.message(Failures.message(failure));
    if (debug) {
      failure.printStackTrace(streams.err());
    }
    return Failures.exitCode(failure);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  /** Tells the version. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"zap " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
