// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Subject;

/** What a run counts. Any thread. */
final class Tally {
  private static final double NANOS_PER_MILLI = 1e6;

  final Coverage coverage = new Coverage();
  final LongAdder operations = new LongAdder();
  final LongAdder lives = new LongAdder();
  final LongAdder openings = new LongAdder();
  final LongAdder faults = new LongAdder();
  private final List<Double> recoveryMillis = Collections.synchronizedList(new ArrayList<>());

  /** Something went wrong on purpose. */
  void fault(Event event, long times) {
    coverage.add(event, times);
    faults.add(times);
  }

  /** A store was opened after a crash. */
  void recovered(long nanos) {
    recoveryMillis.add(nanos / NANOS_PER_MILLI);
  }

  List<Double> recoveries() {
    synchronized (recoveryMillis) {
      return List.copyOf(recoveryMillis);
    }
  }

  /** What only the store knows of, before it is closed. */
  void addEventsOf(Subject subject) {
    subject.events().forEach((name, times) -> coverage.add(Event.valueOf(name), times));
  }
}
