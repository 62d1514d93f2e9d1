// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.report.Event;

/**
 * Where a child says what it does. A message is with the system when the call returns: it outlives
 * the process. Any thread.
 */
final class ChildOutput {
  private static final int MANY_BYTES = 1 << 15;

  private final OutputStream out;

  /** What was told of so far. Guarded by this. */
  private final Map<Event, Long> told = new EnumMap<>(Event.class);

  /** Guarded by this. */
  private long toldOperations;

  ChildOutput(OutputStream out) {
    this.out = out;
  }

  /** The output of the process itself, with nothing in between. */
  static ChildOutput ofProcess() {
    return new ChildOutput(new FileOutputStream(FileDescriptor.out));
  }

  void say(Message.Verb verb, Object... words) {
    write(Message.of(verb, words).line() + '\n');
  }

  private synchronized void write(String text) {
    try {
      out.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void say(Found found) {
    StringBuilder lines = new StringBuilder();
    found.forEach(
        (map, key, value) -> {
          lines.append(entry(map, key, value)).append('\n');
          if (lines.length() > MANY_BYTES) {
            write(lines.toString());
            lines.setLength(0);
          }
        });
    write(lines + Message.of(Message.Verb.FOUND).line() + '\n');
  }

  private static String entry(String map, String key, Value value) {
    return Message.of(Message.Verb.ENTRY, map, key, value.tag(), value.lengthBytes()).line();
  }

  void say(Violation violation, int step, String operation) {
    say(
        Message.Verb.VIOLATION,
        violation.kind(),
        step,
        operation,
        String.valueOf(violation.getMessage()));
  }

  /** Says what is new. */
  synchronized void say(Tally tally) {
    StringBuilder lines = new StringBuilder();
    long operations = tally.operations.sum();
    if (operations > toldOperations) {
      lines
          .append(Message.of(Message.Verb.OPERATIONS, operations - toldOperations).line())
          .append('\n');
      toldOperations = operations;
    }
    for (Event event : Event.values()) {
      long count = tally.coverage.count(event);
      long more = count - told.getOrDefault(event, 0L);
      if (more > 0) {
        lines.append(Message.of(Message.Verb.EVENT, event, more).line()).append('\n');
        told.put(event, count);
      }
    }
    if (lines.length() > 0) {
      write(lines.toString());
    }
  }
}
