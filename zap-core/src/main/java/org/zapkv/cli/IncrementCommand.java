// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "incr",
    description = "Adds to the integer of a key, and prints what it is then.",
    footer = {
      "",
      "A key that is not there counts as 0. The change is on disk when the command ends.",
      "Exit code 1, and nothing is changed, if the value is bytes, not an integer,",
      "or the sum has more than 64 bits.",
      "Creates the store and the map where they are not there.",
      "",
      "Examples:",
      "  zap incr books loans 42",
      "  zap incr --by -2 books loans 42"
    })
final class IncrementCommand extends KeyCommand {
  @Option(
      names = "--by",
      paramLabel = "N",
      defaultValue = "1",
      description = "How much to add, which may be negative (default ${DEFAULT-VALUE}).")
  private long delta;

  IncrementCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    checkMapName(mapName());
    byte[] key = key(parser(true));
    try (ZapStore store = openOrCreate()) {
      long value = increment(store, key);
      store.sync();
      if (json()) {
        report("key", key);
        report("value", value);
      } else {
        out().println(Long.toString(value));
      }
    }
    return ExitCode.OK;
  }

  private long increment(ZapStore store, byte[] key) {
    try {
      return store.map(mapName()).increment(key, delta);
    } catch (ArithmeticException e) {
      throw new CommandFailure(ExitCode.NO, e.getMessage(), e);
    }
  }
}
