// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.zapkv.store.MapCursor;
import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    description = "Writes all entries of a map to a file, from which load makes the same map.",
    footer = {
      "",
      "A line has a key, a tab and a value, with the escapes of scan; a value that is an",
      "integer is written as \\l and its digits, so that bytes and integers stay apart,",
      "whatever the bytes are: 'zap load --escaped' reads it. The file is written",
      "beside its place and renamed when it is whole, so an older one is never half",
      "replaced; one whose name ends in .gz is packed. The order is that of the hashes.",
      "",
      "Example:",
      "  zap export books titles -o titles.tsv.gz",
      "  zap load --escaped copy titles titles.tsv.gz",
      "  zap verify --escaped copy titles titles.tsv.gz"
    })
final class ExportCommand extends MapCommand {
  private static final double NANOS_PER_SECOND = 1e9;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      defaultValue = InputFile.STANDARD,
      description = "Where to write; - or none is standard output.")
  private String file;

  ExportCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    if (json() && file.equals(InputFile.STANDARD)) {
      throw usage("--json: the entries would be among the JSON; name a file with -o");
    }
    OutputFile target = OutputFile.of(file, streams());
    long startNanos = System.nanoTime();
    long[] count = new long[1];
    try (ZapStore store = openToRead()) {
      ZapMap map = existingMap(store);
      target.write(content -> count[0] = write(map, content));
    }
    double seconds = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
    if (json()) {
      report("entries", count[0]);
      report("seconds", seconds);
    } else {
      streams().message(Sizes.done("exported", count[0], seconds));
    }
    return ExitCode.OK;
  }

  private long write(ZapMap map, OutputStream content) {
    Output out = new Output(content);
    long count = 0;
    try (Progress progress = streams().countProgress("export", map.size());
        MapCursor cursor = map.cursor()) {
      while (cursor.next()) {
        write(cursor.entry(), out);
        progress.to(++count);
      }
    }
    out.flush();
    return count;
  }

  private static void write(ZapEntry entry, Output out) {
    Escapes.write(entry.key(), out);
    out.write('\t');
    if (entry.isLong()) {
      String digits = EntryParser.LONG_PREFIX + entry.longValue();
      out.write(digits.getBytes(StandardCharsets.US_ASCII));
    } else {
      Escapes.write(entry.value(), out);
    }
    out.write('\n');
  }
}
