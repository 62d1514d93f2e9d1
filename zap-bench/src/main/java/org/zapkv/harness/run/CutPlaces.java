// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Oracle.Span;

/**
 * Draws places of a recorded segment to lose power at: half of them anywhere, the others where much
 * hangs on it. A store that is not right is mostly wrong for a moment only: until a flush makes
 * durable what should have been so before. Used by one thread.
 */
final class CutPlaces {
  private final int events;
  private final List<Span> commits;
  private final int[][] flushes;

  /**
   * Places of a segment that is over.
   *
   * @param commits where commits were that must be whole, or durable when they are over
   */
  CutPlaces(PowerRecording recording, List<Span> commits) {
    this.events = recording.now();
    this.commits = commits;
    this.flushes =
        IntStream.of(Devices.BLOCKS, Devices.LOG)
            .mapToObj(recording::flushedAt)
            .toArray(int[][]::new);
  }

  /** A number of events: those before the place. */
  int any(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> inCommit(random);
      case 1 -> atFlush(random);
      default -> random.nextInt(events + 1);
    };
  }

  /** While one is made, or when it is just over: then nothing was done for it since. */
  private int inCommit(SplittableRandom random) {
    if (commits.isEmpty()) {
      return random.nextInt(events + 1);
    }
    Span commit = commits.get(random.nextInt(commits.size()));
    int length = (int) (commit.end() - commit.begin());
    int place = (int) commit.begin() + random.nextInt(length + 1);
    return Math.min(events, random.nextBoolean() ? place : (int) commit.end());
  }

  /** Just before it is over or after that; those of the blocks are few, and as likely. */
  private int atFlush(SplittableRandom random) {
    int[] ends = flushes[random.nextInt(flushes.length)];
    return ends.length == 0
        ? random.nextInt(events + 1)
        : ends[random.nextInt(ends.length)] + random.nextInt(2);
  }
}
