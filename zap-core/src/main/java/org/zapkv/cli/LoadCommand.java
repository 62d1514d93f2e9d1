// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Map;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "load",
    description = "Adds entries, or replaces their values, from lines: a key, a tab, a value.",
    footer = {
      "",
      "Lines are UTF-8 and end with a newline; the last one need not, and a carriage",
      "return before it is not part of the value. The key ends at the first tab, so a",
      "value may have tabs. Either may be empty. A line that cannot be used (no tab, as",
      "an empty line; not UTF-8; a key over 1023 bytes, a value over 64 MiB; with --hex",
      "and --long no such number) is reported with its number and ends the load with",
      "exit code 1: nothing of its batch is stored, the batches before it are. Where",
      "a key comes twice the later line counts.",
      "",
      "A batch is stored whole or not at all, also if the process is killed. It ends",
      "after the lines of --batch, or earlier when it takes much memory. Small batches",
      "are slower: each may change every block of a large map. When the command ends",
      "with exit code 0 or 1 all that it stored is on disk.",
      "",
      "Creates the store and the map where they are not there.",
      "",
      "Examples:",
      "  zap load books titles titles.tsv",
      "  zap load --escaped --batch 10000 books titles titles.tsv",
      "  zap load --long --durability sync books years years.tsv.gz"
    })
final class LoadCommand extends InputCommand {
  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Lines per batch (default ${DEFAULT-VALUE}).")
  private int batchLines;

  @Option(
      names = "--durability",
      paramLabel = "LEVEL",
      defaultValue = "none",
      converter = DurabilityLevel.class,
      description =
          "When a batch is on disk: sync, before the next begins, slower; async, within a second;"
              + " none, within some seconds (default ${DEFAULT-VALUE}). All are when the command"
              + " ends.")
  private Durability durability;

  @Option(
      names = "--acks",
      description =
          "Print 'committed N' on standard output each time a batch is known to be on disk:"
              + " whatever happens from then on, the first N lines are stored.")
  private boolean acks;

  LoadCommand(Streams streams) {
    super(streams);
  }

  private void reportCommit(long lines) {
    if (json()) {
      event(Map.of("committed", lines));
    } else {
      out().println("committed " + lines);
    }
    out().flush();
  }

  @Override
  public Integer call() {
    checkMapName(mapName());
    if (batchLines < 1) {
      throw usage("--batch: at least 1, not " + batchLines);
    }
    try (EntryInput entries = openInput();
        ZapStore store = openOrCreate();
        CommitReporter reporter = new CommitReporter(store, acks ? this::reportCommit : null)) {
      Loader loader = new Loader(store, store.map(mapName()), batchLines, durability, reporter);
      int exitCode = loader.load(entries, skipBad(), streams());
      if (json()) {
        report("entries", loader.storedEntries());
        report("badLines", loader.badLines());
        report("seconds", loader.seconds());
      }
      return exitCode;
    }
  }
}
