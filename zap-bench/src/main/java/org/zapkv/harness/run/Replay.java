// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Directories;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.StoreKind;

/**
 * Lives a life once more that was written down. With operations of one thread it comes to the same
 * end each time, as far as the store lets it: of Zap see {@code org.zapkv.object.Surroundings}.
 * With several threads it may have to be tried again and again.
 */
public final class Replay {
  private Replay() {}

  /**
   * Lives a life.
   *
   * @param life what is done
   * @return what the store does wrong; empty: nothing
   * @throws IllegalArgumentException if its kind of store cannot be made
   */
  public static Optional<Violation> run(Life life) {
    return run(life, kindOf(life));
  }

  /**
   * Lives a life with a given kind of store.
   *
   * @param life what is done
   * @param kind the kind of store
   * @return what the store does wrong; empty: nothing
   */
  public static Optional<Violation> run(Life life, StoreKind kind) {
    Watch watch = new Watch(Runner.HANG);
    Scene scene = new Scene(kind, new Tally(), watch);
    AtomicReference<@Nullable Violation> found = new AtomicReference<>();
    Violation hang =
        Watched.run(watch, () -> found.set(violation(scene, life)), () -> {}, scene::stop);
    return Optional.ofNullable(hang == null ? found.get() : hang);
  }

  private static @Nullable Violation violation(Scene scene, Life life) {
    try {
      Path directory = Files.createTempDirectory("zap-harness");
      try {
        live(scene, life, directory.resolve("store"));
        return null;
      } finally {
        Directories.remove(directory);
      }
    } catch (Located e) {
      return e.violation;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void live(Scene scene, Life life, Path path) {
    int threads = life.segments().stream().mapToInt(s -> s.operations().size()).max().orElse(1);
    LifeRun run = LifeRun.of(scene, life.seed(), life.number(), threads, path);
    List<Segment> segments = life.segments();
    segments.forEach(run::run);
    run.end(segments.isEmpty() ? OpenOptions.USUAL : segments.get(segments.size() - 1).options());
  }

  /** The kind of store of a life. */
  static StoreKind kindOf(Life life) {
    try {
      return Class.forName(life.store()).asSubclass(StoreKind.class).getConstructor().newInstance();
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw new IllegalArgumentException(
          life.store() + " is no kind of store with a constructor without parameters.", e);
    }
  }
}
