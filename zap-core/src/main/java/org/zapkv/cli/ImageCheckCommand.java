// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;

@Command(
    name = "check",
    description = "Checks everything in an image: fields, pointers, chains, hashes, counts.",
    footer = {
      "",
      "Prints 'no problems', or a line for each problem, such as 'block 1 offset 24:",
      "leaf magic=0x0', and then the exit code is 2. Where damage has no one place (a",
      "pointer and what it leads to do not agree) only the block is named. An image has",
      "no checksums: damage to the bytes of a value cannot be seen.",
      "",
      "Example:",
      "  zap image check --block-size 512 map.zap"
    })
final class ImageCheckCommand extends ImageReadCommand {
  ImageCheckCommand(Streams streams) {
    super(streams);
  }

  @Override
  int use(ImageFile image) {
    AtomicLong problems = new AtomicLong();
    image
        .zap()
        .check(
            (block, offset, problem) -> {
              problems.incrementAndGet();
              print(ImageFile.problem(block, offset, problem));
            });
    if (problems.get() > 0) {
      return ExitCode.DAMAGED;
    }
    out().println("no problems");
    return ExitCode.OK;
  }

  /** Damage to the first block is a problem as any other. */
  @Override
  int damaged(String problem) {
    print(problem);
    return ExitCode.DAMAGED;
  }

  private void print(String problem) {
    out().println(problem.replaceAll("\\R+", " "));
  }
}
