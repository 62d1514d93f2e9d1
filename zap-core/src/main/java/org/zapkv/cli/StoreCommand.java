// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands that open a store have in common. */
abstract class StoreCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "STORE", description = "The directory of the store.")
  private Path store;

  @Option(
      names = "--cache",
      paramLabel = "SIZE",
      converter = Sizes.class,
      description =
          "Memory for blocks, outside the Java heap, such as 64m (default 256m, least 4m).")
  private @Nullable Long cacheBytes;

  @Option(
      names = "--direct",
      description =
          "Go past the page cache of the system; good with a --cache that is large against the"
              + " store.")
  private boolean direct;

  @Option(
      names = "--accept-log-loss",
      description =
          "Open the store although its intent log is damaged or gone: commits that are only there"
              + " are given up for good.")
  private boolean acceptLogLoss;

  @Option(
      names = "--json",
      description =
          "Print JSON: an object on a line for each entry or event, and a last one with the result"
              + " and the exit code.")
  private boolean json;

  /** What the last object of JSON has, beside what the command was told. */
  private final Map<String, @Nullable Object> results = new LinkedHashMap<>();

  StoreCommand(Streams streams) {
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

  /** Opens the store, which has to be there, for reading: others may, too, and nothing changes. */
  ZapStore openToRead() {
    return builder().readOnly(true).open(store);
  }

  /** Opens the store, which has to be there. */
  ZapStore openExisting() {
    return builder().createIfMissing(false).open(store);
  }

  /** Opens the store, or creates it. */
  ZapStore openOrCreate() {
    return builder().open(store);
  }

  /** A builder with the options of the command line. */
  ZapStoreBuilder builder() {
    ZapStoreBuilder builder = ZapStore.builder().directIo(direct).acceptLogLoss(acceptLogLoss);
    if (cacheBytes == null) {
      return builder;
    }
    if (cacheBytes < ZapStoreBuilder.MIN_CACHE_BYTES) {
      throw usage("--cache: a store needs at least 4m");
    }
    return builder.cacheBytes(cacheBytes);
  }

  /** Checks the name of a map that may be created. */
  void checkMapName(String name) {
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > ZapMap.MAX_NAME_BYTES) {
      throw usage(
          "MAP: the name of a map has 1 to " + ZapMap.MAX_NAME_BYTES + " bytes, not " + length);
    }
    checkEncoding("MAP", name);
  }

  /**
   * An argument that the locale could not express has lost what it was: better none than another.
   */
  void checkEncoding(String what, String argument) {
    if (argument.indexOf('\uFFFD') >= 0) {
      throw usage(
          what
              + ": not readable in the encoding of your locale;"
              + " set LC_ALL=C.UTF-8, or use --hex where there is one");
    }
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
