// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.SplittableRandom;

/** How much there is in a life. Small lives are over soon, and so there are more of them. */
enum Volume {
  SMALL(3, 30, 30, 300, 8, 500, 24),
  MEDIUM(30, 400, 200, 1200, 60, 3000, 8),
  /** More than fits the least cache. */
  LARGE(4000, 8000, 300, 1000, Volume.LARGEST_BATCH, 16_000, 3);

  /** In Zap, from 257 edits on a batch is in several records. */
  static final int LARGEST_BATCH = 1500;

  /** The keys of all threads in all maps are no more than these. */
  private static final int MOST_KEYS_IN_ALL = 24_000;

  private final int fewestKeys;
  private final int mostKeys;
  private final int fewestOperations;
  private final int mostOperations;
  private final int largestBatch;
  private final int edits;
  private final int looks;

  Volume(
      int fewestKeys,
      int mostKeys,
      int fewestOperations,
      int mostOperations,
      int largestBatch,
      int edits,
      int looks) {
    this.fewestKeys = fewestKeys;
    this.mostKeys = mostKeys;
    this.fewestOperations = fewestOperations;
    this.mostOperations = mostOperations;
    this.largestBatch = largestBatch;
    this.edits = edits;
    this.looks = looks;
  }

  static Volume random(SplittableRandom random) {
    int dice = random.nextInt(8);
    if (dice < 4) {
      return SMALL;
    }
    return dice < 7 ? MEDIUM : LARGE;
  }

  /** How many keys a thread has in a map. */
  int keys(SplittableRandom random, int threads, int maps) {
    int most = Math.max(1, Math.min(mostKeys, MOST_KEYS_IN_ALL / threads / maps));
    return Chance.logarithmic(random, Math.min(fewestKeys, most), most);
  }

  /** How many operations a segment has. */
  int operations(SplittableRandom random) {
    return Chance.logarithmic(random, fewestOperations, mostOperations);
  }

  /** How many edits a commit has at most. */
  int largestBatch() {
    return largestBatch;
  }

  /** How many edits a segment has at most. */
  int edits() {
    return edits;
  }

  /** How often the state at the end of a segment is looked at, at most: each time all is read. */
  int looks() {
    return looks;
  }
}
