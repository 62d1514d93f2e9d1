// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Operation;
import org.zapkv.harness.operation.OperationText;
import org.zapkv.harness.oracle.Pending;
import org.zapkv.harness.oracle.ScanCheck;
import org.zapkv.harness.oracle.Session;
import org.zapkv.harness.oracle.Syncing;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/** Does the operations of one thread, and tells the oracle. Used by that thread. */
final class Worker {
  private static final System.Logger LOGGER = System.getLogger(Worker.class.getName());

  /** A batch with more changes is in several records. */
  private static final int LARGE_BATCH = 256;

  /** A longer value is in no leaf. */
  private static final int LARGE_VALUE_BYTES = 2048;

  private final Scene scene;
  private final Subject subject;
  private final Session session;
  private final LongSupplier position;

  /** Whether a store may fail by now, as its devices have. */
  private final BooleanSupplier mayFail;

  private final Map<Integer, Walk> walks = new HashMap<>();

  /** A walk, and what the oracle makes of it. */
  private static final class Walk {
    final String map;
    final ScanCheck check;
    Scan scan;

    Walk(String map, ScanCheck check, Scan scan) {
      this.map = map;
      this.check = check;
      this.scan = scan;
    }
  }

  Worker(
      Scene scene,
      Subject subject,
      Session session,
      LongSupplier position,
      BooleanSupplier mayFail) {
    this.scene = scene;
    this.subject = subject;
    this.session = session;
    this.position = position;
    this.mayFail = mayFail;
  }

  /**
   * Does them all, or until somebody stops the run.
   *
   * @throws Located at the first violation
   */
  void run(List<Operation> operations, int segment) {
    try (Watch.Post post = scene.watch.post()) {
      for (int step = 0; step < operations.size() && !scene.isStopped(); step++) {
        Operation operation = operations.get(step);
        post.begins(operation);
        try {
          perform(operation);
        } catch (Throwable e) {
          throw located(e, segment, step, operation);
        } finally {
          post.ends();
        }
        scene.tally.operations.increment();
      }
      closeWalks(post, segment, operations.size());
    } finally {
      // For those who use this thread next, and as a store must not be closed before its walks.
      boolean ignored = Thread.interrupted();
      abandonWalks();
    }
  }

  /** Closes what is left of walks after a violation, which is known already. */
  private void abandonWalks() {
    for (Walk walk : walks.values()) {
      try {
        walk.scan.close();
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.DEBUG, "closing a walk of a store that has failed", e);
      }
    }
    walks.clear();
  }

  private static Located located(Throwable failure, int segment, int step, Operation operation) {
    String text = OperationText.of(operation);
    return new Located(Failures.of(Violation.Kind.ERROR, text, failure), segment, step, text);
  }

  private void closeWalks(Watch.Post post, int segment, int step) {
    post.begins("closing walks");
    try {
      walks.values().forEach(walk -> walk.scan.close());
      walks.clear();
    } catch (RuntimeException | Error e) {
      if (!(e instanceof RuntimeException failure && isForgiven(failure))) {
        throw new Located(
            Failures.of(Violation.Kind.ERROR, "closing a walk", e), segment, step, "closing walks");
      }
    } finally {
      post.ends();
    }
  }

  private boolean isForgiven(RuntimeException failure) {
    return mayFail.getAsBoolean() && Failures.isHonest(failure);
  }

  private void perform(Operation operation) {
    if (operation instanceof Operation.Interrupt) {
      scene.tally.fault(Event.INTERRUPT, 1);
      Thread.currentThread().interrupt();
      return;
    }
    if (operation instanceof Operation.Apply apply) {
      apply(apply.edit(), apply.promise());
    } else if (operation instanceof Operation.Commit commit) {
      commit(commit);
    } else if (operation instanceof Operation.Update update) {
      update(update);
    } else if (operation instanceof Operation.Wipe wipe) {
      wipe(wipe);
    } else {
      try {
        look(operation);
      } catch (RuntimeException e) {
        if (!isForgiven(e)) {
          throw e;
        }
      }
    }
    // The operation after an interrupt has met it.
    boolean ignored = Thread.interrupted();
  }

  /** What changes no entry. */
  private void look(Operation operation) {
    if (operation instanceof Operation.Get get) {
      get(get);
    } else if (operation instanceof Operation.ScanBegin begin) {
      begin(begin);
    } else if (operation instanceof Operation.ScanStep step) {
      step(step);
    } else if (operation instanceof Operation.ScanResume resume) {
      resume(resume.scan());
    } else if (operation instanceof Operation.Sync) {
      sync();
    } else if (operation instanceof Operation.Compact) {
      compact();
    } else if (operation instanceof Operation.Scrub) {
      scrub();
    } else if (operation instanceof Operation.ClockJump jump) {
      scene.tally.fault(Event.CLOCK_JUMP, 1);
      scene.clock.jump(jump.millis());
    } else {
      throw new AssertionError(operation);
    }
  }

  private void apply(Edit edit, Promise promise) {
    boolean isMade =
        isMade(
            session.begin(List.of(edit), promise, position.getAsLong()),
            () -> {
              subject.apply(edit.change(), promise);
              return 0;
            });
    if (isMade) {
      count(List.of(edit), Event.CHANGE);
    }
  }

  /** Nobody else changes the keys between the reads and the changes. */
  private void transact(Operation.Commit commit) {
    List<Edit> edits = commit.edits();
    List<Session.Reading> readings =
        edits.stream().map(edit -> session.reading(edit.map(), edit.key())).toList();
    boolean isMade =
        isMade(
            session.begin(edits, commit.promise(), position.getAsLong()),
            () ->
                subject.transact(
                    edits.stream().map(Edit::change).toList(),
                    (index, value) -> readings.get(index).got(value),
                    commit.promise()));
    if (isMade) {
      count(edits, Event.TRANSACTION);
    }
  }

  private void commit(Operation.Commit commit) {
    if (commit.reads()) {
      transact(commit);
      return;
    }
    List<Edit> edits = commit.edits();
    boolean isMade =
        isMade(
            session.begin(edits, commit.promise(), position.getAsLong()),
            () -> subject.commit(edits.stream().map(Edit::change).toList(), commit.promise()));
    if (isMade) {
      count(edits, Event.BATCH);
    }
  }

  private void wipe(Operation.Wipe wipe) {
    boolean isMade =
        isMade(
            session.beginWipe(wipe.map(), wipe.promise(), position.getAsLong()),
            () -> subject.wipe(wipe.map(), wipe.drops(), wipe.promise()));
    if (isMade) {
      scene.tally.coverage.add(wipe.drops() ? Event.MAP_DROPPED : Event.MAP_CLEARED);
    }
  }

  /** Nobody else changes the key between the read and the change. */
  private void update(Operation.Update update) {
    byte[] present;
    try {
      present = read(update.edit().map(), update.edit().key());
      if (update.way() == Operation.Way.WRONG_SWAP) {
        refusedSwap(update, present);
        return;
      }
    } catch (RuntimeException e) {
      if (!isForgiven(e)) {
        throw e;
      }
      return;
    }
    Increment increment =
        update.way() == Operation.Way.INCREMENT ? Increment.of(update.edit(), present) : null;
    if (increment != null) {
      increment(update, increment);
    } else if (update.way() == Operation.Way.SWAP) {
      swap(update, present);
    } else {
      apply(update.edit(), update.promise());
    }
  }

  private void refusedSwap(Operation.Update update, byte @Nullable [] present) {
    Change change = update.edit().change();
    if (subject.swap(change, Increment.other(present, change), update.promise())) {
      throw new Violation(
          Violation.Kind.WRONG_READ, "a swap was made, though something else was expected");
    }
    scene.tally.coverage.add(Event.REFUSED_SWAP);
  }

  private void swap(Operation.Update update, byte @Nullable [] present) {
    Edit edit = update.edit();
    boolean isMade =
        isMade(
            session.begin(List.of(edit), update.promise(), position.getAsLong()),
            () -> {
              if (!subject.swap(edit.change(), present, update.promise())) {
                throw new Violation(
                    Violation.Kind.WRONG_READ, "a swap did not find what was just read");
              }
              return 0;
            });
    if (isMade) {
      count(List.of(edit), Event.SWAP);
    }
  }

  private void increment(Operation.Update update, Increment increment) {
    Edit edit = update.edit();
    boolean isMade =
        isMade(
            session.begin(List.of(edit), update.promise(), position.getAsLong()),
            () -> {
              long sum =
                  subject.increment(
                      edit.map(), edit.change().key(), increment.delta(), update.promise());
              if (sum != increment.sum()) {
                throw new Violation(
                    Violation.Kind.WRONG_READ,
                    "an increment gave " + sum + " instead of " + increment.sum());
              }
              return 0;
            });
    if (isMade) {
      count(List.of(edit), Event.INCREMENT);
    }
  }

  /** Makes a commit, and tells the oracle how it went; it gives its place in the order, or 0. */
  private boolean isMade(Pending pending, LongSupplier commit) {
    long sequence;
    try {
      sequence = commit.getAsLong();
    } catch (RuntimeException e) {
      pending.unknown(e);
      if (!isForgiven(e)) {
        throw e;
      }
      return false;
    }
    pending.acknowledged(sequence, position.getAsLong());
    return true;
  }

  private void count(List<Edit> edits, Event event) {
    scene.tally.coverage.add(event);
    if (edits.stream().map(Edit::map).distinct().limit(2).count() > 1) {
      scene.tally.coverage.add(Event.BATCH_OVER_MAPS);
    }
    if (edits.size() > LARGE_BATCH) {
      scene.tally.coverage.add(Event.LARGE_BATCH);
    }
    for (Edit edit : edits) {
      if (edit.value() == null) {
        scene.tally.coverage.add(Event.REMOVAL);
      } else if (edit.value().lengthBytes() == Long.BYTES) {
        scene.tally.coverage.add(Event.LONG_VALUE);
      } else if (edit.value().lengthBytes() > LARGE_VALUE_BYTES) {
        scene.tally.coverage.add(Event.LARGE_VALUE);
      }
    }
  }

  private void get(Operation.Get get) {
    read(get.map(), get.key());
  }

  private byte @Nullable [] read(String map, String key) {
    Session.Reading reading = session.reading(map, key);
    byte[] value = subject.get(map, key.getBytes(StandardCharsets.UTF_8));
    reading.got(value);
    scene.tally.coverage.add(Event.READ);
    return value;
  }

  private void begin(Operation.ScanBegin begin) {
    giveUp(begin.scan());
    ScanCheck check = session.scan(begin.map());
    walks.put(begin.scan(), new Walk(begin.map(), check, subject.scan(begin.map(), 0)));
  }

  private void giveUp(int number) {
    Walk walk = walks.remove(number);
    if (walk != null) {
      walk.scan.close();
    }
  }

  private void step(Operation.ScanStep step) {
    Walk walk = walks.get(step.scan());
    if (walk == null) {
      return;
    }
    boolean goesOn = false;
    try {
      goesOn = next(walk, step.entries());
    } finally {
      if (!goesOn) {
        giveUp(step.scan());
      }
    }
  }

  /** Whether there may be more. */
  private boolean next(Walk walk, int entries) {
    for (int i = 0; i < entries; i++) {
      Entry entry = walk.scan.next();
      if (entry == null) {
        walk.check.end();
        scene.tally.coverage.add(Event.SCAN);
        return false;
      }
      walk.check.saw(entry);
    }
    return true;
  }

  private void resume(int number) {
    Walk walk = walks.get(number);
    if (walk == null || !scene.can(Capability.RESUMABLE_SCAN)) {
      return;
    }
    Scan resumed = null;
    try {
      long cookie = walk.scan.cookie();
      walk.scan.close();
      resumed = subject.scan(walk.map, cookie);
      walk.scan = resumed;
      scene.tally.coverage.add(Event.SCAN_RESUMED);
    } finally {
      if (resumed == null) {
        walks.remove(number);
      }
    }
  }

  private void sync() {
    Syncing syncing = session.syncing();
    subject.sync();
    syncing.durable(position.getAsLong());
  }

  private void compact() {
    if (scene.can(Capability.COMPACT)) {
      subject.compact();
      scene.tally.coverage.add(Event.COMPACTION);
    }
  }

  private void scrub() {
    if (!scene.can(Capability.SCRUB)) {
      return;
    }
    List<String> problems = subject.scrub();
    scene.tally.coverage.add(Event.SCRUB);
    if (!problems.isEmpty() && !mayFail.getAsBoolean()) {
      throw new Violation(Violation.Kind.UNSOUND, "a scrub found " + problems);
    }
  }
}
