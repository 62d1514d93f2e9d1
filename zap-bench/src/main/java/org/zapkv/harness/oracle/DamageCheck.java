// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/** Reads all of a store that is damaged: what it says has to be right. Used by one thread. */
final class DamageCheck {
  private final Oracle oracle;
  private final Subject subject;
  private final List<RuntimeException> failures = new ArrayList<>();

  DamageCheck(Oracle oracle, Subject subject) {
    this.oracle = oracle;
    this.subject = subject;
  }

  /** What reading has thrown. */
  List<RuntimeException> run() {
    Set<String> maps = new TreeSet<>();
    for (Line line : oracle.lines()) {
      for (KeyState state : line.states()) {
        Version any = state.history().get(0);
        maps.add(any.map);
        tried(() -> get(line, any.map, any.key));
      }
    }
    tried(() -> maps.addAll(subject.maps()));
    maps.forEach(map -> tried(() -> walk(map)));
    return failures;
  }

  private void get(Line line, String map, String key) {
    byte[] bytes = subject.get(map, key.getBytes(StandardCharsets.UTF_8));
    line.checkSeen(map, key, bytes, line.ended(), Kind.WRONG_READ);
  }

  private void walk(String map) {
    ScanCheck check = new ScanCheck(oracle, map);
    try (Scan scan = subject.scan(map, 0)) {
      for (Entry entry = scan.next(); entry != null; entry = scan.next()) {
        check.saw(entry);
      }
    }
    check.end();
  }

  private void tried(Runnable reading) {
    try {
      reading.run();
    } catch (Violation violation) {
      throw violation;
    } catch (RuntimeException failure) {
      // Whatever a store throws for damage: the caller judges what it is.
      failures.add(failure);
    }
  }
}
