// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.testing.ChildWatch;

/**
 * A process in which eight threads commit is killed at random moments: what it had acknowledged is
 * there, and of each thread a beginning of what it committed, batches whole. As many rounds as
 * {@code -Dzap.kill.rounds} says.
 */
@Tag("once")
final class KillDuringCommitsTest {
  private static final int ROUNDS = Integer.getInteger("zap.kill.rounds", 3);
  private static final int THREADS = 8;
  private static final System.Logger LOGGER = System.getLogger("kill");

  @TempDir private Path directory;

  /** What the lines of earlier rounds have left. */
  private final Map<String, Long> settled = new HashMap<>();

  @Test
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  void acknowledgedCommitsAreThere() throws Exception {
    long seed = Seeds.next();
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < ROUNDS; round++) {
      String message = "-Dzap.seed=" + seed + " round=" + round;
      long roundSeed = random.nextLong();
      Map<String, Integer> acknowledged = commitAndKill(round, roundSeed, random);
      try (ZapStore store = open()) {
        verify(store, round, roundSeed, acknowledged, message);
      }
      if (round % 10 == 0) {
        try (ZapStore store = open()) {
          assertEquals(List.of(), store.check((done, total) -> {}).problems(), message);
          assertEquals(settled, CommitHistory.read(store), message);
        }
      }
    }
  }

  private ZapStore open() {
    return ZapStore.builder().cacheBytes(8 << 20).leafBytes(4096).open(directory.resolve("store"));
  }

  /** Gives the number of the last commit of each line that was acknowledged. */
  private Map<String, Integer> commitAndKill(int round, long seed, SplittableRandom random)
      throws IOException, InterruptedException {
    Process child = start(round, seed);
    Map<String, Integer> acknowledged = new HashMap<>();
    try (ChildWatch watch = ChildWatch.of(child);
        BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
      assertNotNull(watch);
      int wanted = random.nextInt(4) == 0 ? 0 : random.nextInt(1500);
      for (int i = 0; i < wanted; i++) {
        note(lines.readLine(), acknowledged);
      }
      // Not for anything to happen, but for the moment to be a random one.
      TimeUnit.MICROSECONDS.sleep(random.nextInt(wanted == 0 ? 1_500_000 : 10_000));
      // Through the handle: destroying the process itself closes its streams, with what is in them.
      child.toHandle().destroyForcibly();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        note(line, acknowledged);
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    return acknowledged;
  }

  private static void note(String line, Map<String, Integer> acknowledged) {
    assertTrue(line != null, "the process ended by itself");
    String[] words = line.split(" ", -1);
    acknowledged.put(words[0], Integer.parseInt(words[1]));
  }

  private Process start(int round, long seed) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:+UseSerialGC"));
    for (String property : List.of(InitPolicy.PROPERTY, InitPolicy.DIRTY_PROPERTY)) {
      String value = System.getProperty(property);
      if (value != null) {
        command.add("-D" + property + "=" + value);
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CommittingChild.class.getName());
    command.add(directory.resolve("store").toString());
    command.addAll(List.of("" + round, "" + THREADS, "" + seed));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private void verify(
      ZapStore store, int round, long seed, Map<String, Integer> acknowledged, String message) {
    Map<String, Long> found = CommitHistory.read(store);
    int acknowledgedSum = 0;
    int thereSum = 0;
    for (int t = 0; t < THREADS; t++) {
      String name = CommittingChild.line(round, t);
      long state = found.getOrDefault(name, 0L);
      int least = acknowledged.getOrDefault(name, 0);
      CommitScript script = CommittingChild.script(round, t, seed);
      CommitHistory.Line line = new CommitHistory.Line(name);
      int count = 0;
      while (line.countOf(state) < 0 || count < least) {
        // One more than were acknowledged can be there, and those that are not acknowledged.
        assertTrue(count < least + 1000, message + ": no number of commits leaves line " + name);
        line.add(new CommitHistory.Committed(script.changes(++count), 0));
      }
      int there = line.countOf(state);
      assertTrue(
          there >= least,
          message + " line " + name + ": acknowledged " + least + ", there are " + there);
      acknowledgedSum += least;
      thereSum += there;
      if (there > 0) {
        settled.put(name, state);
      }
    }
    assertEquals(settled, found, message + ": lines of earlier rounds");
    LOGGER.log(Level.INFO, "{0} acknowledged={1} there={2}", message, acknowledgedSum, thereSum);
  }
}
