// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Subject.Entry;

/**
 * Judges a walk over a map: a key that is there all the time is seen once; others once or not at
 * all; and each with a value that it had since the walk began. Only a key that was removed and came
 * again may be seen again. Used by one thread; others may change the map meanwhile.
 */
public final class ScanCheck {
  private final Oracle oracle;
  private final String map;

  /** How many commits of each line were over when the walk began. */
  private final Map<Line, Integer> commitsBefore = new HashMap<>();

  private final Set<String> seen = new HashSet<>();

  ScanCheck(Oracle oracle, String map) {
    this.oracle = oracle;
    this.map = map;
    oracle.lines().forEach(line -> commitsBefore.put(line, line.ended()));
  }

  /**
   * The walk has come to an entry.
   *
   * @param entry the entry
   * @throws Violation if it should not have
   */
  public void saw(Entry entry) {
    String key = new String(entry.key(), StandardCharsets.UTF_8);
    Line line = oracle.lineOf(key);
    if (line == null) {
      throw Oracle.ofNoLine(map, key);
    }
    int commits = commitsBefore.getOrDefault(line, 0);
    line.checkSeen(map, key, entry.value(), commits, Kind.WRONG_SCAN);
    if (!seen.add(key) && !line.mayBeRemovedSince(map, key, commits)) {
      throw new Violation(Kind.WRONG_SCAN, Line.place(map, key) + " was seen twice by a walk");
    }
  }

  /**
   * The walk has come to its end.
   *
   * @throws Violation if it left something out
   */
  public void end() {
    commitsBefore.forEach(
        (line, commits) -> {
          String missing = line.missing(map, seen, commits);
          if (missing != null) {
            throw new Violation(Kind.WRONG_SCAN, missing + ", was left out by a walk");
          }
        });
  }

  /**
   * How far it is.
   *
   * @return how many keys were seen
   */
  public int seenCount() {
    return seen.size();
  }
}
