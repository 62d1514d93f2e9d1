// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "build",
    description = "Makes an image that holds the given entries, added in their order.",
    footer = {
      "",
      "A line, with tabs between the fields: name, length, count, value, as 'zap image",
      "dump' prints them; what else a line has is not looked at. A line that cannot be",
      "used (it is none, the name is there already or too long, the value too large)",
      "ends the command with exit code 1, and nothing is written.",
      "",
      "Example:",
      "  zap image build entries.tsv map.zap --salt 24955"
    })
final class ImageBuildCommand extends ImageWriteCommand {
  private static final int FIELDS = 4;

  @Parameters(
      index = "0",
      paramLabel = "ENTRIES.tsv",
      description = "The entries; - is standard input.")
  private String entries;

  private long count;

  ImageBuildCommand(Streams streams) {
    super(streams);
  }

  @Override
  String input() {
    return entries;
  }

  @Override
  void run(ImageLines line, ImageTarget image) {
    if (line.fieldCount() < FIELDS) {
      throw line.bad(
          "there are "
              + line.fieldCount()
              + " fields; an entry has at least 4: name, length, count, value");
    }
    ImageResult result = image.add(line.name(0, image), line.value(1));
    if (result != ImageResult.OK) {
      throw line.bad(reason(result) + " (" + result + ")");
    }
    count++;
  }

  private static String reason(ImageResult result) {
    return switch (result) {
      case EEXIST -> "the name is there already";
      case E2BIG -> "the value is larger than a leaf or the format can hold";
      case ENAMETOOLONG ->
          "the name is too long: 255 bytes fit, 1023 with --object-type dir, also when normalised";
      case ENOTSUP -> "the name is not UTF-8, but the object normalises its names";
      case ENOSPC -> "too many names have the same hash";
      case OK, ENOENT -> "";
    };
  }

  @Override
  int finish() {
    streams().message("built an image of " + Sizes.count(count) + " entries");
    return ExitCode.OK;
  }
}
