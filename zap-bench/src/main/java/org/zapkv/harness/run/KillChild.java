// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Operation;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.StoreKinds;
import org.zapkv.harness.subject.Subject;

/**
 * A process that uses a store until it is killed, and says what it has done: it opens the store,
 * tells all that is there, and when it is told to go on, does the operations of a segment, which it
 * makes up from the seed as the process does that has started it, and closes the store. So the same
 * process may go through several segments and lives. It reads its commands from its input, and ends
 * when that ends.
 */
final class KillChild {
  static final String OPEN = "open";
  static final String GO = "go";
  private static final int TELL_MILLIS = 20;

  private final StoreKind kind;
  private final Path directory;
  private final ChildOutput out = ChildOutput.ofProcess();
  private final Tally tally = new Tally();
  private final Scene scene;
  private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
  private final KillScript script;

  private KillChild(StoreKind kind, Path directory, KillScript script, Watch watch) {
    this.kind = kind;
    this.directory = directory;
    this.script = script;
    this.scene = new Scene(kind, tally, watch);
  }

  /** What a child is started with. */
  static List<String> arguments(
      String kind, Path directory, long seed, int threads, Set<FaultKind> faults) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(kind, directory.toString(), "" + seed, "" + threads));
    faults.forEach(fault -> arguments.add(fault.name()));
    return arguments;
  }

  /** Where the store of a life is. */
  static Path path(Path directory, int life) {
    return directory.resolve("life-" + life);
  }

  /**
   * Runs until it is killed, or its input ends.
   *
   * @param args see {@link #arguments}
   */
  public static void main(String[] args) {
    // What libraries print must not come between messages.
    System.setOut(System.err);
    StoreKind kind = StoreKinds.of(args[0]);
    Set<FaultKind> faults = EnumSet.noneOf(FaultKind.class);
    for (int i = 4; i < args.length; i++) {
      faults.add(FaultKind.valueOf(args[i]));
    }
    KillScript script =
        new KillScript(
            Long.parseLong(args[2]), Integer.parseInt(args[3]), kind.capabilities(), faults);
    Watch watch = new Watch(Runner.HANG);
    KillChild child = new KillChild(kind, Path.of(args[1]), script, watch);
    child.start("zap-harness-commands", child::read);
    child.start("zap-harness-progress", child::tell);
    Violation hang = Watched.run(watch, child::work, () -> {}, () -> {});
    if (hang != null) {
      child.out.say(hang, 0, "what has hung");
    }
    // Not by the end of all threads: some may hang.
    Runtime.getRuntime().halt(0);
  }

  private void start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes in commands. Who has started this process may be gone: then it is of no use. */
  private void read() {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        commands.add(line);
      }
    } catch (IOException e) {
      System.err.println(e);
    }
    Runtime.getRuntime().halt(1);
  }

  private void tell() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(TELL_MILLIS);
        out.say(tally);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try (Watch.Post post = scene.watch.post()) {
      while (true) {
        String[] words = commands.take().split(" ", -1);
        segment(post, Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      }
    } catch (Located e) {
      out.say(tally);
      out.say(e.violation, e.step, e.operation);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // Of the harness itself, of which this thread is the last to know.
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      out.say(Message.Verb.FAILED, trace);
    }
  }

  /** Opens the store of a life, and when it is told to, does the operations of a segment. */
  private void segment(Watch.Post post, int life, int index) throws InterruptedException {
    Segment segment = script.segment(life, index);
    Step step = new Step(post, segment);
    Path path = path(directory, life);
    Subject subject = step.open(path);
    Found found = step.look(subject);
    out.say(found);
    commands.take();
    step.operations(subject, found, index);
    out.say(Message.Verb.WORKED);
    step.does(
        "closing the store",
        Kind.ERROR,
        () -> {
          subject.close();
          return true;
        });
    out.say(tally);
    out.say(Message.Verb.CLOSED);
  }

  /** What a child does between two commands. */
  private final class Step {
    private final Watch.Post post;
    private final Segment segment;

    Step(Watch.Post post, Segment segment) {
      this.post = post;
      this.segment = segment;
    }

    Subject open(Path path) {
      out.say(Message.Verb.OPENING);
      long begun = System.nanoTime();
      Subject subject =
          does(
              "opening with " + segment.options(),
              Kind.NOT_OPENED,
              () -> kind.open(new Place.Directory(path), segment.options()));
      out.say(Message.Verb.OPENED, System.nanoTime() - begun);
      return subject;
    }

    Found look(Subject subject) {
      return does(
          "reading all after opening",
          Kind.ERROR,
          () -> {
            Found found = Found.read(subject);
            Judge.check(scene, subject);
            return found;
          });
    }

    void operations(Subject subject, Found found, int index) {
      Oracle oracle = new Oracle(script.threads(), kind.capabilities());
      oracle.adopt(found);
      List<Worker> workers = new ArrayList<>();
      List<List<Operation>> operations = segment.operations();
      for (int i = 0; i < operations.size(); i++) {
        Subject own = new AcknowledgingSubject(subject, i, out);
        workers.add(new Worker(scene, own, oracle.session(i), () -> 0, () -> false));
      }
      new Crew(scene, workers).run(operations, index);
      tally.addEventsOf(subject);
    }

    private <T> T does(String what, Kind kindOfFailure, Doing<T> doing) {
      post.begins(what);
      try {
        return doing.run();
      } catch (Exception | LinkageError | AssertionError | OutOfMemoryError e) {
        // Errors of a store, which is what is tested.
        throw new Located(Failures.of(kindOfFailure, what, e), 0, 0, what);
      } finally {
        post.ends();
      }
    }
  }

  @FunctionalInterface
  private interface Doing<T> {
    T run() throws Exception;
  }
}
