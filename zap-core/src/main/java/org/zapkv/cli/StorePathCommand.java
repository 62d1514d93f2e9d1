// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands that are about a store have in common, whether they open it or not. */
abstract class StorePathCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "STORE", description = "The directory of the store.")
  private Path store;

  @Option(
      names = "--json",
      description =
          "Print JSON: an object on a line for each entry or event, and a last one with the result"
              + " and the exit code.")
  private boolean json;

  /** What the last object of JSON has, beside what the command was told. */
  private final Map<String, @Nullable Object> results = new LinkedHashMap<>();

  StorePathCommand(Streams streams) {
    this.streams = streams;
  }

  Streams streams() {
    return streams;
  }

  Output out() {
    return streams.out();
  }

  /** Whether to print JSON, by {@link #report} and {@link #event}, instead of text for people. */
  boolean json() {
    return json;
  }

  /** Takes a figure or finding into the last object; the text of an error has the name "error". */
  void report(String name, @Nullable Object value) {
    results.put(name, value);
  }

  /** Prints an object on a line of its own. */
  void event(Map<String, ? extends @Nullable Object> members) {
    new Json(out()).line(members);
  }

  /** What tells the command from others in its last object. */
  Map<String, @Nullable Object> subject() {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("command", spec.name());
    members.put("store", store.toString());
    return members;
  }

  /** Prints the last object. */
  void reportEnd(int exitCode) {
    Map<String, @Nullable Object> members = subject();
    members.put("exitCode", exitCode);
    members.putAll(results);
    event(members);
  }

  Path storePath() {
    return store;
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
