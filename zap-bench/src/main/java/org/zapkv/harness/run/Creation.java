// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.bench.report.Directories;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;

/** Cuts the creation of a store off, by a loss of power at any place, and has it opened again. */
final class Creation {
  /** One in so many lives whose first segment ends by a loss of power begins with that. */
  private static final int EVERY = 2;

  private static final int CUTS = 2;

  /** As of {@code StoreKind.layOut}. */
  private static final int ALL_DONE = 3;

  private final Scene scene;
  private final Path directory;

  /**
   * Creations of stores in a directory.
   *
   * @param directory does not exist
   */
  Creation(Scene scene, Path directory) {
    this.scene = scene;
    this.directory = directory;
  }

  /** Maybe cuts off a creation that was recorded from its beginning to its end. */
  void cut(PowerRecording recording, OpenOptions options, SplittableRandom random)
      throws IOException {
    if (random.nextInt(EVERY) > 0) {
      return;
    }
    for (int i = 0; i < CUTS; i++) {
      int place = random.nextInt(recording.now() + 1);
      PowerCuts cuts = new PowerCuts(recording);
      for (int at = 0; at < place; at++) {
        cuts.advance();
      }
      int progress = place < recording.now() ? random.nextInt(ALL_DONE) : ALL_DONE;
      scene.tally.fault(Event.CREATION_CUT, 1);
      open(cuts.lose(random), options, place, progress);
    }
  }

  private void open(List<DeviceImage> images, OpenOptions options, int place, int progress)
      throws IOException {
    String what =
        "opening what a creation left that was cut off at " + place + ", progress " + progress;
    Directories.remove(directory);
    Files.createDirectories(directory);
    scene.kind.layOut(directory, images.get(Devices.BLOCKS), images.get(Devices.LOG), progress);
    try (Watch.Post post = scene.watch.post()) {
      post.begins(what);
      scene.tally.openings.increment();
      try (Subject subject = scene.kind.open(new Place.Directory(directory), options)) {
        int entries = Found.read(subject).entryCount();
        if (entries > 0) {
          throw new Violation(Kind.ALIEN, what + " gave a store with " + entries + " entries");
        }
        Judge.check(scene, subject);
      } catch (RuntimeException e) {
        throw Failures.of(Kind.NOT_OPENED, what, e);
      }
    }
    Directories.remove(directory);
  }
}
