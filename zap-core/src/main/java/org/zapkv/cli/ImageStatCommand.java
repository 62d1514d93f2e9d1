// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.Command;

@Command(
    name = "stat",
    description = "Prints how the map in an image is built, as 'zap stat STORE MAP' does.",
    footer = {
      "",
      "Reads all of it; exit code 2, and the place, if it is damaged.",
      "",
      "Example:",
      "  zap image stat --block-size 512 map.zap"
    })
final class ImageStatCommand extends ImageReadCommand {
  ImageStatCommand(Streams streams) {
    super(streams);
  }

  @Override
  int use(ImageFile image) {
    new MapFigures(new Figures(out())).print("image", file(), image.zap().statistics());
    return ExitCode.OK;
  }
}
