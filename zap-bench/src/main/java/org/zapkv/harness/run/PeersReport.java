// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Json;
import org.zapkv.bench.report.Machine;
import org.zapkv.bench.report.Table;
import org.zapkv.harness.Settings;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.StoreKind;

/**
 * What several kinds of stores lose when their process is killed, and under which promise. All have
 * the same seed and settings; but as they can do different things, they are not asked for the same.
 */
public final class PeersReport {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int EXAMPLE_CHARACTERS = 600;
  private static final String NO_PROMISE = "not promised";

  private static final String EXPLANATION =
      """
      Each store is used by the threads of a child process, which is killed with SIGKILL: after so
      many commits, while it is opened, or while it is closed. Then the store is opened again, by
      another process, and all that it holds is compared with what had returned before the kill. It
      is held to what its documentation promises (below), and to no more. A kill takes from a store
      only what it has kept in the memory of its process: **what is in the page cache is not lost, so
      nothing here is about a loss of power.** A store that did something wrong goes on as a new one.
      "Durable" are commits that were to be durable when the call returned; "later" are those of
      which the store may lose the last ones. A commit counts as lost if it is surely gone: not if it
      changed nothing, or if later ones undid it.
      """;

  private final Peers told;
  private final String machine;
  private final List<PeerResult> results;

  /**
   * What is compared.
   *
   * @param stores the kinds of stores
   * @param kills how often each one's process is killed, at most
   * @param most how long each one takes at most, but for the end of what it does then
   * @param seed what all that is done follows from
   * @param threads how many use a store at once
   * @param directory where the stores are; null: in a temporary one
   */
  public record Peers(
      List<StoreKind> stores,
      int kills,
      Duration most,
      long seed,
      int threads,
      @Nullable Path directory) {}

  /** Is told which store comes next. */
  @FunctionalInterface
  public interface PeersListener {
    /**
     * A store comes next.
     *
     * @param kind which
     * @return told how far that one is
     */
    RunListener next(StoreKind kind);
  }

  PeersReport(Peers told, String machine, List<PeerResult> results) {
    this.told = told;
    this.machine = machine;
    this.results = List.copyOf(results);
  }

  /**
   * Kills the processes of all of them, one store after the other. If the calling thread is
   * interrupted, the others are left out.
   *
   * @param told what is compared
   * @param listener told which store comes next, and how far it is
   * @return the report
   * @throws IOException if files of the harness cannot be read or written, or no process can be
   *     started
   */
  public static PeersReport of(Peers told, PeersListener listener) throws IOException {
    List<PeerResult> results = new ArrayList<>();
    for (StoreKind kind : told.stores) {
      if (Thread.currentThread().isInterrupted()) {
        break;
      }
      Path directory = told.directory;
      if (directory != null) {
        directory = directory.resolve(kind.title().replace(' ', '-'));
      }
      Settings settings =
          new Settings(
              kind, told.most, told.seed, told.threads, EnumSet.of(FaultKind.KILL), directory);
      results.add(new KillRunner(settings, told.kills, listener.next(kind)).runOn());
    }
    Path where =
        told.directory == null ? Path.of(System.getProperty("java.io.tmpdir")) : told.directory;
    return new PeersReport(told, Machine.describe(where), results);
  }

  /**
   * In how many lives of a kind of store it did something that it may not do.
   *
   * @param kind one of those that were compared
   * @return 0 or above
   */
  public long violations(StoreKind kind) {
    return results.stream()
        .filter(result -> result.title().equals(kind.title()))
        .mapToLong(PeerResult::violationCount)
        .sum();
  }

  /**
   * For people.
   *
   * @return text in Markdown
   */
  public String markdown() {
    StringBuilder text = new StringBuilder("# What stores lose when their process is killed\n\n");
    text.append(EXPLANATION).append('\n').append(machine).append("; seed ").append(told.seed);
    text.append(", ").append(told.threads).append(" threads.\n\n").append(table()).append('\n');
    for (PeerResult result : results) {
      store(result, text);
    }
    return text.toString();
  }

  /**
   * The table alone.
   *
   * @return a table in Markdown
   */
  public String table() {
    Table table =
        new Table(
            "store",
            "kills",
            "stores made",
            "durable commits",
            "stores that lost any",
            "later commits",
            "lost, as allowed",
            "stores with other violations",
            "opening after a kill: median",
            "longest");
    for (PeerResult result : results) {
      boolean isDurable = result.capabilities().contains(Capability.DURABLE);
      table.row(
          List.of(
              result.title(),
              Formats.count(result.kills()),
              Formats.count(result.lives()),
              isDurable ? Formats.count(result.durable()) : NO_PROMISE,
              isDurable ? Formats.count(result.durableLosses()) : NO_PROMISE,
              Formats.count(isDurable ? result.later() : result.later() + result.durable()),
              Formats.count(result.lost()),
              others(result, isDurable),
              millis(result.medianMillis()),
              millis(result.longestMillis())));
    }
    return table.toString();
  }

  private static String others(PeerResult result, boolean isDurable) {
    return Formats.count(result.violationCount() - (isDurable ? result.durableLosses() : 0));
  }

  private static String millis(OptionalDouble millis) {
    return millis.isEmpty() ? "" : String.format(Locale.ROOT, "%.1f ms", millis.getAsDouble());
  }

  private static void store(PeerResult result, StringBuilder text) {
    text.append("## ").append(result.title()).append("\n\n");
    line(text, "Settings", result.settings());
    line(text, "Promise", result.promise());
    line(
        text,
        "Held to",
        result.capabilities().stream()
            .map(capability -> "`" + capability + "`")
            .collect(Collectors.joining(", ")));
    line(text, "Found", found(result));
    text.append('\n');
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append("* ").append(name).append(": ").append(value).append(".\n");
  }

  private static String found(PeerResult result) {
    if (result.violations().isEmpty()) {
      return "nothing that it may not do";
    }
    return result.violations().entrySet().stream()
        .map(
            entry ->
                entry.getKey()
                    + " in "
                    + entry.getValue()
                    + " of "
                    + result.lives()
                    + " stores, the first: `"
                    + brief(result.examples().get(entry.getKey()))
                    + "`")
        .collect(Collectors.joining("; "));
  }

  /** In one line. */
  private static String brief(@Nullable String message) {
    String line = String.valueOf(message).replaceAll("\\s+", " ").replace('`', '\'');
    return line.length() <= EXAMPLE_CHARACTERS ? line : line.substring(0, EXAMPLE_CHARACTERS) + "…";
  }

  /**
   * For programs.
   *
   * @return JSON in some lines
   */
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", machine);
    json.put("seed", told.seed);
    json.put("threads", told.threads);
    json.put("stores", results.stream().map(PeersReport::json).toList());
    return Json.write(json);
  }

  private static Map<String, Object> json(PeerResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("store", result.title());
    json.put("settings", result.settings());
    json.put("promise", result.promise());
    json.put("heldTo", result.capabilities().stream().map(Capability::name).toList());
    json.put("kills", result.kills());
    json.put("lives", result.lives());
    json.put("openings", result.openings());
    json.put("durableCommits", result.durable());
    json.put("laterCommits", result.later());
    json.put("lostAsAllowed", result.lost());
    Map<String, Object> violations = new LinkedHashMap<>();
    result.violations().forEach((kind, count) -> violations.put(kind.name(), count));
    json.put("violations", violations);
    json.put("firstViolations", List.copyOf(result.examples().values()));
    result.medianMillis().ifPresent(millis -> json.put("openingMedianMillis", millis));
    result.longestMillis().ifPresent(millis -> json.put("openingLongestMillis", millis));
    json.put("seconds", result.elapsed().toNanos() / NANOS_PER_SECOND);
    return json;
  }

  /**
   * Writes both, over files of those names that are there.
   *
   * @param directory where; made if it is missing
   * @return the one for people
   * @throws IOException if they cannot be written
   */
  public Path write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("peers.json"), json());
    return Files.writeString(directory.resolve("peers.md"), markdown());
  }
}
