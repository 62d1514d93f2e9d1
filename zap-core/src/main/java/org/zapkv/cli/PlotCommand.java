// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.zap.ZapLeaf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "plot",
    description = "Draws how a map is built: fill, depth and sharing of its leaves, as SVG.",
    footer = {
      "",
      "From left to right is the space of all hashes. A leaf covers a part of it: half of",
      "it for each bit of its prefix. Full leaves are divided, and neighbours that are",
      "nearly empty joined. A leaf with a prefix shorter than the pointer table's shift has",
      "several pointers to it. Where there are more leaves than columns, a column is their",
      "mean, with a pale band from least to most. A micro map is one block.",
      "Any browser shows the file, light or dark as the reader has it.",
      "",
      "Example:",
      "  zap plot books titles -o titles.svg"
    })
final class PlotCommand extends MapCommand {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE.svg",
      required = true,
      description = "Where to draw; - is standard output.")
  private String file;

  PlotCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    if (json() && file.equals(InputFile.STANDARD)) {
      throw usage("--json: the drawing would be among the JSON; name a file with -o");
    }
    OutputFile target = OutputFile.of(file, streams());
    try (ZapStore store = openToRead()) {
      ZapMap map = existingMap(store);
      boolean micro = map.isMicro();
      List<ZapLeaf> leaves = map.leaves();
      String drawing = new LeafPlot(mapName(), micro, leaves).draw();
      target.write(content -> content.write(drawing.getBytes(StandardCharsets.UTF_8)));
      if (json()) {
        report("micro", micro);
        report("leaves", leaves.size());
        report("entries", LeafPlot.entries(leaves));
      }
    }
    return ExitCode.OK;
  }
}
