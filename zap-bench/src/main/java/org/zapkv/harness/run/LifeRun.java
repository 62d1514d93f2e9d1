// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Operation;
import org.zapkv.harness.operation.OperationText;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Stage.Left;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;

/**
 * Makes the life of a store: one segment after the other. Used by one thread, which is joined by
 * others for the operations. After a {@link Located} nothing more can be done with it.
 */
final class LifeRun {
  private static final System.Logger LOGGER = System.getLogger(LifeRun.class.getName());

  /** One in so many lives of a store that could be on devices is in a directory. */
  static final int DIRECTORY_EVERY = 8;

  private final Scene scene;
  private final Oracle oracle;
  private final Stage stage;
  private int index;

  /** What the next opening is judged by; null: there was no segment yet. */
  private @Nullable Left left;

  /** Where it is, for a violation. */
  private String doing = "";

  private LifeRun(Scene scene, Oracle oracle, Stage stage) {
    this.scene = scene;
    this.oracle = oracle;
    this.stage = stage;
  }

  /**
   * A life that has not begun.
   *
   * @param number which life of the run: decides on where the store is
   * @param path where it is if it is in a directory, and stores are that are created beside
   */
  static LifeRun of(Scene scene, long seed, int number, int threads, Path path) {
    Oracle oracle = new Oracle(threads, scene.kind.capabilities());
    boolean onDevices =
        scene.can(Capability.DEVICES) && number % DIRECTORY_EVERY != DIRECTORY_EVERY - 1;
    Stage stage =
        onDevices ? new DeviceStage(scene, oracle, seed + number, path) : new DirectoryStage(path);
    return new LifeRun(scene, oracle, stage);
  }

  /**
   * Goes through a segment, but for the judging of what its end has left.
   *
   * @throws Located at the first violation
   */
  void run(Segment segment) {
    try (Watch.Post post = scene.watch.post()) {
      Subject subject = open(post, segment);
      boolean worked = false;
      try {
        work(segment, subject);
        worked = true;
      } finally {
        if (!worked) {
          abandon(subject);
        }
      }
      close(post, segment, subject);
      // Who judges says what it does by itself.
      doing = OperationText.of(segment.ending());
      left = stage.end(segment);
    } catch (Located e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      // Errors, too: those of a store, which is what is tested.
      throw new Located(Failures.of(Kind.ERROR, doing, e), index, operations(segment), doing);
    }
    index++;
  }

  /**
   * Opens and judges what the last segment has left.
   *
   * @throws Located at the first violation
   */
  void end(OpenOptions options) {
    run(new Segment(options, 0, List.of(), new Ending.Close()));
  }

  private static int operations(Segment segment) {
    return segment.operations().stream().mapToInt(List::size).sum();
  }

  /** Whether what is done follows from the segment alone. */
  private static boolean isExact(Segment segment) {
    return segment.operations().stream().filter(list -> !list.isEmpty()).count() <= 1;
  }

  private Subject open(Watch.Post post, Segment segment) throws IOException {
    doing = "opening with " + segment.options();
    post.begins(doing);
    Place place = stage.begin(segment, isExact(segment));
    try {
      return openSettled(place, segment.options());
    } catch (IOException | RuntimeException e) {
      if (!isForgiven(e)) {
        throw e;
      }
      stage.heal();
      return openSettled(place, segment.options());
    } finally {
      post.ends();
    }
  }

  private boolean isForgiven(Exception failure) {
    Throwable cause =
        failure instanceof Violation violation && violation.getCause() != null
            ? violation.getCause()
            : failure;
    return stage.mayFail() && Failures.isHonest(cause);
  }

  private Subject openSettled(Place place, OpenOptions options) throws IOException {
    long begun = System.nanoTime();
    Subject subject;
    try {
      subject = scene.kind.open(place, options);
    } catch (IOException | RuntimeException e) {
      throw Failures.of(Kind.NOT_OPENED, doing, e);
    }
    long nanos = System.nanoTime() - begun;
    boolean isSettled = false;
    try {
      count(place, options, nanos);
      settle(subject);
      isSettled = true;
      return subject;
    } finally {
      if (!isSettled) {
        abandon(subject);
      }
    }
  }

  private void count(Place place, OpenOptions options, long nanos) {
    scene.tally.openings.increment();
    if (index > 0) {
      scene.tally.coverage.add(Event.REOPENING);
    }
    if (options.cacheBytes() <= OpenOptions.LEAST_CACHE_BYTES) {
      scene.tally.coverage.add(Event.LEAST_CACHE);
    }
    if (options.directIo() && place instanceof Place.Directory) {
      scene.tally.coverage.add(Event.DIRECT_IO);
    }
    if (left != null && left.powerLost()) {
      scene.tally.recovered(nanos);
    }
  }

  private void settle(Subject subject) {
    Left before = left;
    if (before == null) {
      return;
    }
    doing = "reading all after opening";
    Found found;
    try {
      found = Found.read(subject);
    } catch (RuntimeException e) {
      throw Failures.of(Kind.ERROR, doing, e);
    }
    oracle.settle(found, before.position(), before.powerLost());
    left = null;
  }

  private void work(Segment segment, Subject subject) {
    doing = "operations";
    List<Worker> workers = new ArrayList<>();
    List<List<Operation>> operations = segment.operations();
    for (int i = 0; i < operations.size(); i++) {
      workers.add(new Worker(scene, subject, oracle.session(i), stage::position, stage::mayFail));
    }
    if (isExact(segment)) {
      for (int i = 0; i < operations.size(); i++) {
        workers.get(i).run(operations.get(i), index);
      }
    } else {
      new Crew(scene, workers).run(operations, index);
    }
  }

  private void close(Watch.Post post, Segment segment, Subject subject) {
    doing = "checking and closing";
    post.begins(doing);
    boolean isChecked = false;
    try {
      addEvents(subject);
      if (!(segment.ending() instanceof Ending.Fault)) {
        Judge.check(scene, subject);
      }
      isChecked = true;
    } finally {
      if (!isChecked) {
        abandon(subject);
      }
    }
    try {
      subject.close();
    } catch (RuntimeException e) {
      if (!isForgiven(e)) {
        throw Failures.of(Kind.ERROR, "closing the store", e);
      }
    } finally {
      post.ends();
    }
  }

  /** A store that has failed may have no memory left to say what has happened in it. */
  private void addEvents(Subject subject) {
    try {
      scene.tally.addEventsOf(subject);
    } catch (RuntimeException e) {
      if (!isForgiven(e)) {
        throw Failures.of(Kind.ERROR, "asking for what has happened", e);
      }
    }
  }

  /** Closes a store whose failure is known already. */
  private static void abandon(Subject subject) {
    try {
      subject.close();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "closing a store that has failed", e);
    }
  }
}
