// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Settled;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;

/**
 * The life of a store in a directory, in children that are killed: while they open it, commit to
 * it, close it, or after that. What the next one finds is judged. Used by one thread.
 */
final class KillLife {
  /** One opening in so many is killed. */
  private static final int OPENING_EVERY = 8;

  /** One creation in so many is. */
  private static final int CREATION_EVERY = 3;

  /** Of so many segments one ends well, and another one is killed while it is closed. */
  private static final int ENDING_EVERY = 8;

  /** So long after the moment that was chosen a child is killed, at most. */
  private static final int MOST_MICROS = 5000;

  private static final int MOMENTS = 1024;
  private static final int NEVER = -1;
  private static final int AT_CLOSING = -2;

  private final KillRun run;
  private final int number;
  private final Oracle oracle;
  private final SplittableRandom random;
  private final List<String> history = new ArrayList<>();

  /** Whether the store was not closed since it was used. */
  private boolean isCrash;

  /** How long the last opening took; at first, about how long a creation takes. */
  private long openingNanos = 30_000_000;

  /** How many commits of the last segment have returned. */
  private int returned;

  KillLife(KillRun run, int number) {
    this.run = run;
    this.number = number;
    this.oracle = new Oracle(run.settings.threads(), run.settings.store().capabilities());
    this.random = new SplittableRandom(run.settings.seed() ^ (31L * number + 7));
  }

  /**
   * Lives it to its end, or until the time is over.
   *
   * @throws Located at the first violation
   */
  void live() throws IOException, InterruptedException {
    int last = run.script.segments(number);
    for (int i = 0; i <= last; i = run.isOver() ? Math.max(i + 1, last) : i + 1) {
      Segment segment = run.script.segment(number, i);
      KillProcess child = open(segment, i);
      work(child, segment, i, i == last ? NEVER : moment());
    }
  }

  /** What has happened, in order. */
  List<String> history() {
    return List.copyOf(history);
  }

  /** After how many commits a child is killed, as a part of all in {@link #MOMENTS}. */
  private int moment() {
    return switch (random.nextInt(ENDING_EVERY)) {
      case 0 -> NEVER;
      case 1 -> AT_CLOSING;
      default -> random.nextInt(MOMENTS + 1);
    };
  }

  private long micros() {
    return random.nextInt(4) == 0 ? 0 : random.nextInt(MOST_MICROS);
  }

  /** Gives a child that has the store open; it was judged what that holds. */
  private KillProcess open(Segment segment, int index) throws IOException, InterruptedException {
    KillProcess child = ask(index);
    while (isKilledAtOpening(index)) {
      long nanos = random.nextLong(openingNanos * 2);
      history.add("segment " + index + ": killed " + nanos + " ns after its opening had begun");
      run.tally.coverage.add(Event.CREATION_CUT, index == 0 ? 1 : 0);
      run.kill(TimeUnit.NANOSECONDS.toMicros(nanos));
      awaitEnd(child, index);
      child = ask(index);
    }
    OpenOptions options = segment.options();
    Found found = found(child, index, "opening with " + options);
    count(options, index);
    settle(found, index);
    return child;
  }

  /** A creation is cut off for those alone that say that they bear it. */
  private boolean isKilledAtOpening(int index) {
    return index > 0
        ? random.nextInt(OPENING_EVERY) == 0
        : run.settings.store().capabilities().contains(Capability.SAFE_CREATION)
            && random.nextInt(CREATION_EVERY) == 0;
  }

  /** Has a child begin to open the store. */
  private KillProcess ask(int index) throws IOException, InterruptedException {
    KillProcess child = run.child();
    child.send(KillChild.OPEN + ' ' + number + ' ' + index);
    Message message = next(child, index, "starting a process");
    if (message.verb() != Message.Verb.OPENING) {
      throw new IOException("Instead of opening a store: " + message + "; " + child.end());
    }
    return child;
  }

  private void awaitEnd(KillProcess child, int index) throws InterruptedException {
    Message message = next(child, index, "being killed");
    while (message.verb() != Message.Verb.END) {
      message = next(child, index, "being killed");
    }
  }

  private Found found(KillProcess child, int index, String doing)
      throws IOException, InterruptedException {
    Found found = new Found();
    while (true) {
      Message message = next(child, index, doing);
      switch (message.verb()) {
        case OPENED -> openingNanos = Math.max(1, message.number(0));
        case ENTRY -> add(found, message, index);
        case FOUND -> {
          return found;
        }
        case END ->
            throw new Located(
                new Violation(Kind.NOT_OPENED, doing + ": " + child.end()), index, 0, doing);
        default -> throw new IOException("Instead of what is there: " + message);
      }
    }
  }

  private static void add(Found found, Message message, int index) {
    try {
      found.add(message.word(0), message.word(1), new Value(message.number(2), message.integer(3)));
    } catch (Violation e) {
      throw new Located(e, index, 0, "reading all after opening");
    }
  }

  private void count(OpenOptions options, int index) {
    run.tally.openings.increment();
    if (index > 0) {
      run.tally.coverage.add(Event.REOPENING);
    }
    if (options.cacheBytes() <= OpenOptions.LEAST_CACHE_BYTES) {
      run.tally.coverage.add(Event.LEAST_CACHE);
    }
    if (options.directIo()) {
      run.tally.coverage.add(Event.DIRECT_IO);
    }
    if (isCrash) {
      run.tally.recovered(openingNanos);
    }
  }

  private void settle(Found found, int index) {
    try {
      Settled settled = oracle.settle(found, 0, isCrash);
      run.lost += settled.lost();
      history.add(
          "segment "
              + index
              + ": opened with "
              + settled.entries()
              + " entries; of the commits before "
              + settled.commits()
              + " are there, and "
              + settled.lost()
              + " that had returned are not");
    } catch (Violation e) {
      String ending = isCrash ? "kill" : "close";
      throw new Located(e, Math.max(0, index - 1), returned, ending);
    }
  }

  private void work(KillProcess child, Segment segment, int index, int moment)
      throws IOException, InterruptedException {
    Acknowledgements commits = new Acknowledgements(oracle, segment);
    int killAfter = moment < 0 ? moment : (int) ((long) commits.total() * moment / MOMENTS);
    isCrash = true;
    child.send(KillChild.GO);
    boolean isKilled = killAfter == 0 && kill();
    boolean isEnded = false;
    while (!isEnded) {
      Message message = next(child, index, "operations");
      take(commits, message, index);
      switch (message.verb()) {
        case ACKNOWLEDGED -> isKilled |= commits.count() == killAfter && kill();
        case WORKED -> isKilled |= killAfter == AT_CLOSING && kill();
        case CLOSED -> {
          isCrash = false;
          isEnded = !isKilled;
        }
        case END -> isEnded = true;
        default -> {}
      }
      if (message.verb() == Message.Verb.END && !isKilled) {
        throw new Located(
            new Violation(Kind.ERROR, child.end()), index, commits.count(), "operations");
      }
    }
    note(commits, index, isKilled);
  }

  private boolean kill() throws IOException, InterruptedException {
    run.kill(micros());
    return true;
  }

  private static void take(Acknowledgements commits, Message message, int index) {
    try {
      commits.take(message);
    } catch (Violation e) {
      throw new Located(e, index, commits.count(), "the return of a commit");
    }
  }

  private void note(Acknowledgements commits, int index, boolean isKilled) {
    returned = commits.count();
    run.durable += commits.durable();
    run.later += commits.later();
    history.add(
        "segment "
            + index
            + ": "
            + (isKilled ? "killed" : "not killed")
            + (isCrash ? "" : ", closed")
            + "; commits that had returned: "
            + commits);
  }

  /**
   * What a child says of the store's state and of commits; all else is taken in.
   *
   * @throws Located what it has found
   */
  private Message next(KillProcess child, int index, String doing) throws InterruptedException {
    while (true) {
      Message message = run.next(child);
      if (message == null) {
        throw new Located(
            new Violation(Kind.HANG, doing + ": the process says nothing"), index, 0, doing);
      }
      switch (message.verb()) {
        case OPERATIONS -> run.tally.operations.add(message.number(0));
        case EVENT -> event(Event.valueOf(message.word(0)), message.number(1));
        case VIOLATION -> throw violation(message, index);
        case FAILED ->
            throw new IllegalStateException(
                "The harness has failed in a child, life %d, segment %d, %s: %s"
                    .formatted(number, index, doing, message.word(0)));
        default -> {
          return message;
        }
      }
    }
  }

  private void event(Event event, long times) {
    if (event == Event.INTERRUPT) {
      run.tally.fault(event, times);
    } else {
      run.tally.coverage.add(event, times);
    }
  }

  private static Located violation(Message message, int index) {
    Kind kind = Kind.valueOf(message.word(0));
    String text = message.word(3);
    String prefix = kind + ": ";
    Violation violation =
        new Violation(kind, text.startsWith(prefix) ? text.substring(prefix.length()) : text);
    return new Located(violation, index, message.integer(1), message.word(2));
  }
}
