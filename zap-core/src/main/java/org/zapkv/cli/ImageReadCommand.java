// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.concurrent.Callable;
import org.zapkv.error.CorruptException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands that read an image have in common. */
abstract class ImageReadCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "The image; - is standard input.")
  private String file;

  @Option(
      names = "--block-size",
      paramLabel = "N",
      required = true,
      converter = Numbers.class,
      description =
          "Bytes in a block: a multiple of 512, up to 1048576. A micro object is one block.")
  private int blockSizeBytes;

  ImageReadCommand(Streams streams) {
    this.streams = streams;
  }

  Streams streams() {
    return streams;
  }

  Output out() {
    return streams.out();
  }

  String file() {
    return file;
  }

  @Override
  public final Integer call() {
    if (blockSizeBytes < 512 || blockSizeBytes > 1 << 20 || blockSizeBytes % 512 != 0) {
      throw new ParameterException(
          spec.commandLine(),
          "--block-size: a multiple of 512, up to 1048576, not " + blockSizeBytes);
    }
    try (ImageFile image = ImageFile.open(file, blockSizeBytes, streams)) {
      return use(image);
    } catch (CorruptException e) {
      return damaged(ImageFile.problem(e.blockId(), e.offsetBytes(), e.getMessage()));
    }
  }

  /** Does what the command is for; returns the exit code. */
  abstract int use(ImageFile image);

  /** The image is damaged where the problem says. */
  int damaged(String problem) {
    throw new CommandFailure(ExitCode.DAMAGED, file + ": " + problem);
  }
}
