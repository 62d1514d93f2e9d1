// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "verify",
    description = "Compares a map with the lines it was loaded from.",
    footer = {
      "",
      "Every line has to be in the map with its value, as what it was loaded as, bytes",
      "or (--long) integer, and the map has to have as many entries as there are lines;",
      "exit code 1 if not. The lines are those of load, with the same options. A key",
      "that comes twice makes a difference in the count, and in the value unless both",
      "lines are equal.",
      "",
      "Example:",
      "  zap verify books titles titles.tsv"
    })
final class VerifyCommand extends InputCommand {
  @Option(
      names = "--differences",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many differences to print (default ${DEFAULT-VALUE}).")
  private long shownDifferences;

  private long lines;
  private long badLines;
  private long differences;

  VerifyCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (EntryInput entries = openInput();
        ZapStore store = openToRead()) {
      ZapMap map = existingMap(store);
      if (!compareAll(entries, map)) {
        return ExitCode.NO;
      }
      if (map.size() != lines) {
        difference("the map has " + map.size() + " entries, the input " + lines);
      }
    }
    if (json()) {
      report("entries", lines);
      report("differences", differences);
      report("badLines", badLines);
      return differences == 0 ? ExitCode.OK : ExitCode.NO;
    }
    out()
        .println(
            "verified "
                + Sizes.count(lines)
                + " entries: "
                + (differences == 0 ? "all as expected" : Sizes.count(differences) + " differences")
                + (badLines == 0 ? "" : ", " + Sizes.count(badLines) + " bad lines skipped"));
    return differences == 0 ? ExitCode.OK : ExitCode.NO;
  }

  private boolean compareAll(EntryInput entries, ZapMap map) {
    try (Progress progress = streams().progress("verify", entries.sizeBytes())) {
      while (entries.next()) {
        String reason = entries.parse();
        if (reason == null) {
          lines++;
          compare(entries, map);
        } else {
          badLines++;
          streams().message(entries.problem(reason));
          if (!skipBad()) {
            return false;
          }
        }
        progress.to(entries.consumedBytes());
      }
    }
    return true;
  }

  private void compare(EntryInput entries, ZapMap map) {
    String problem = differs(entries.parser(), map.entry(entries.parser().key()));
    if (problem != null) {
      difference(entries.problem(problem));
    }
  }

  private static @Nullable String differs(EntryParser expected, @Nullable ZapEntry entry) {
    if (entry == null) {
      return "the key is not in the map";
    }
    if (entry.isLong() != expected.isLong()) {
      return "the value in the map is " + (entry.isLong() ? "an integer" : "bytes");
    }
    if (entry.isLong()) {
      return entry.longValue() == expected.longValue()
          ? null
          : "the value in the map is " + entry.longValue() + ", not " + expected.longValue();
    }
    int at = Arrays.mismatch(entry.value(), expected.value());
    return at < 0
        ? null
        : "the value in the map has "
            + entry.value().length
            + " bytes, the line "
            + expected.value().length
            + "; they differ from byte "
            + (at + 1);
  }

  private void difference(String text) {
    differences++;
    if (differences > shownDifferences) {
      return;
    }
    if (json()) {
      event(Map.of("difference", text));
    } else {
      out().println(text);
    }
  }
}
