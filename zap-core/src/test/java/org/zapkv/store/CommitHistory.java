// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was committed to a store, by whom, in which order, and what of it was acknowledged when; to
 * tell which of it a store holds that was opened after a crash, and whether it may hold that.
 *
 * <p>Commits are in lines: those of a line are in a known order and change the same keys, which no
 * other line changes. A key begins with the name of its line and a space. A commit may be in
 * several lines.
 */
final class CommitHistory {
  /*
   * Implementation notes
   *
   * The state of a line is a sum of hashes of its entries. After a crash the state that is found
   * tells how many commits of the line are there; workloads see to it that no two states of a line
   * are alike. A commit is there if it is in that number in each of its lines.
   *
   * The order of commits of different lines is known in two ways: by their sequences, and because
   * one was over before another began. Of two commits never only the later one may be there.
   */

  static final int NEVER = Integer.MAX_VALUE;

  /** A change: what happens to a key of a line. */
  record Edit(String line, String map, String key, @Nullable Object value) {}

  /** A commit. Written by one thread, read by others when that has ended. */
  static final class Committed {
    final List<Edit> changes;
    final long startedAt;
    long endedAt;

    /** 0: not known. */
    long sequence;

    /** How far the recording was when the commit was known to be durable. */
    int durableAt = NEVER;

    Committed(List<Edit> changes, long startedAt) {
      this.changes = changes;
      this.startedAt = startedAt;
    }
  }

  /** Commits in their order, and the state after each number of them. Used by one thread. */
  static final class Line {
    final String name;
    final List<Committed> commits = new ArrayList<>();
    final Map<String, Long> entries = new HashMap<>();
    final List<Long> states = new ArrayList<>(List.of(0L));
    private final Map<Long, Integer> countOfState = new HashMap<>(Map.of(0L, 0));

    Line(String name) {
      this.name = name;
    }

    void add(Committed commit) {
      long state = states.get(commits.size());
      for (Edit change : commit.changes) {
        if (change.line.equals(name)) {
          state += change(change);
        }
      }
      commits.add(commit);
      states.add(state);
      countOfState.put(state, commits.size());
    }

    private long change(Edit change) {
      String place = change.map + "/" + change.key;
      Object value = change.value;
      long after = value == null ? 0 : hash(change.map, utf8(change.key), value);
      Long before = value == null ? entries.remove(place) : entries.put(place, after);
      return after - (before == null ? 0 : before);
    }

    /** How many commits made a state; -1: no number of them does. */
    int countOf(long state) {
      return countOfState.getOrDefault(state, -1);
    }

    /** All commits so far are durable at a place of the recording. */
    void durable(int at) {
      if (!commits.isEmpty()) {
        Committed last = commits.get(commits.size() - 1);
        last.durableAt = Math.min(last.durableAt, at);
      }
    }

    /** How many commits had been acknowledged as durable. */
    int acknowledged(int at) {
      for (int i = commits.size(); i > 0; i--) {
        if (commits.get(i - 1).durableAt <= at) {
          return i;
        }
      }
      return 0;
    }
  }

  private final Map<String, Line> lines = new HashMap<>();

  /** Adds a line that has all its commits. */
  void add(Line line) {
    lines.put(line.name, line);
  }

  /** Adds a line of commits of several threads, whose order is that of their sequences. */
  void addBySequence(String name, List<Committed> commits) {
    Line line = new Line(name);
    commits.stream().sorted(Comparator.comparingLong(commit -> commit.sequence)).forEach(line::add);
    add(line);
  }

  /** Everything is durable at a place of the recording. */
  void durable(int at) {
    lines.values().forEach(line -> line.durable(at));
  }

  int commitCount() {
    return lines.values().stream().mapToInt(line -> line.commits.size()).sum();
  }

  /** The states of lines that a store holds. */
  static Map<String, Long> read(ZapStore store) {
    Map<String, Long> found = new HashMap<>();
    for (String map : store.mapNames()) {
      store
          .existingMap(map)
          .forEach(
              entry -> {
                byte[] key = entry.key();
                Object value = entry.isLong() ? entry.longValue() : entry.value();
                found.merge(lineOf(key), hash(map, key, value), Long::sum);
              });
    }
    return found;
  }

  private static String lineOf(byte[] key) {
    int end = 0;
    while (end < key.length && key[end] != ' ') {
      end++;
    }
    return new String(key, 0, end, StandardCharsets.UTF_8);
  }

  /** What is wrong with a state that was found after a crash; null: nothing. */
  @Nullable String problem(Map<String, Long> found, int cutAt) {
    for (String name : found.keySet()) {
      if (!lines.containsKey(name)) {
        return "there are entries of " + name + ", which nobody wrote";
      }
    }
    Map<Line, Integer> counts = new HashMap<>();
    for (Line line : lines.values()) {
      int count = line.countOf(found.getOrDefault(line.name, 0L));
      int acknowledged = line.acknowledged(cutAt);
      if (count < acknowledged) {
        return count < 0
            ? "the entries of line " + line.name + " are those after no number of its commits"
            : "line %s: acknowledged were %d commits, there are %d of %d"
                .formatted(line.name, acknowledged, count, line.commits.size());
      }
      counts.put(line, count);
    }
    return orderProblem(counts);
  }

  private static @Nullable String orderProblem(Map<Line, Integer> counts) {
    long lastThere = 0;
    long lastStart = 0;
    long firstAbsent = Long.MAX_VALUE;
    long firstEnd = Long.MAX_VALUE;
    for (Map.Entry<Line, Integer> entry : counts.entrySet()) {
      List<Committed> commits = entry.getKey().commits;
      int count = entry.getValue();
      for (Committed there : commits.subList(0, count)) {
        lastThere = Math.max(lastThere, there.sequence);
        lastStart = Math.max(lastStart, there.startedAt);
      }
      for (Committed absent : commits.subList(count, commits.size())) {
        firstAbsent = absent.sequence == 0 ? firstAbsent : Math.min(firstAbsent, absent.sequence);
        firstEnd = Math.min(firstEnd, absent.endedAt);
      }
    }
    if (lastThere >= firstAbsent) {
      return "commit " + lastThere + " is there, not all of " + firstAbsent + " is";
    }
    return lastStart > firstEnd
        ? "a commit is there that began when one that is absent was over"
        : null;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Of an entry; never 0 by design, so that it tells the entry from none. */
  static long hash(String map, byte[] key, Object value) {
    byte[] bytes = (value instanceof Long) ? new byte[0] : (byte[]) value;
    long number = (value instanceof Long given) ? given : bytes.length;
    long hash = mixed(map.hashCode() ^ mixed(number));
    hash = mixed(hash ^ ((long) Arrays.hashCode(key) << 32) ^ key.length);
    return mixed(hash ^ ((long) Arrays.hashCode(bytes) << 20));
  }

  private static long mixed(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
