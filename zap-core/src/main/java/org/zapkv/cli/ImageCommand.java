// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "image",
    description = "Reads, checks and makes images of single ZAP objects, outside a store.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "An image is the logical blocks of one object, one after another, as OpenZFS or",
      "this program writes them; of either byte order. It does not say how large its",
      "blocks are. Files whose names end in .gz are unpacked and packed; - is standard",
      "input or output. Numbers are decimal, or hexadecimal after 0x."
    })
final class ImageCommand implements Runnable {
  @Spec private CommandSpec spec;

  private ImageCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Streams streams) {
    return new CommandLine(new ImageCommand())
        .addSubcommand(new ImageDumpCommand(streams))
        .addSubcommand(new ImageStatCommand(streams))
        .addSubcommand(new ImageCheckCommand(streams))
        .addSubcommand(new ImageReplayCommand(streams))
        .addSubcommand(new ImageBuildCommand(streams))
        .addSubcommand(new HelpCommand());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }
}
