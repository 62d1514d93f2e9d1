// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.subject.Capability;

/**
 * Makes up the life of a store, segment by segment, from a seed alone: whoever has the seed, the
 * number of the life, and the same settings makes up the same life. It does not look at what the
 * store does. One thread at a time.
 *
 * <p>Keys of thread 3 begin with {@code t3.}; only that thread changes them, and no commit changes
 * a key twice. No two values of a run have the same tag. The numbers of the walks of a thread are
 * of no other thread.
 */
public final class Generator {
  /** So many lives have tags of their own. */
  private static final int MOST_LIVES = 1 << 24;

  private static final int MOST_THREADS = 255;

  private final long seed;
  private final int number;
  private final long lifeSeed;
  private final Swarm swarm;
  private final List<ThreadGenerator> threads = new ArrayList<>();
  private final List<Segment> segments = new ArrayList<>();

  /**
   * A life of which nothing was made up yet.
   *
   * @param seed the seed of the run
   * @param lifeNumber which life of the run, 0 to 2^24 - 1
   * @param threads how many threads use the store, 1 to 255
   * @param capabilities what the store can do
   * @param faults what may go wrong
   * @throws IllegalArgumentException if there cannot be so many lives or threads
   */
  public Generator(
      long seed, int lifeNumber, int threads, Set<Capability> capabilities, Set<FaultKind> faults) {
    checkRange("lifeNumber", lifeNumber, 0, MOST_LIVES - 1);
    checkRange("threads", threads, 1, MOST_THREADS);
    this.seed = seed;
    this.number = lifeNumber;
    this.lifeSeed = Chance.part(seed, lifeNumber).nextLong();
    this.swarm = new Swarm(lifeSeed, threads, Set.copyOf(capabilities), Set.copyOf(faults));
    for (int i = 0; i < threads; i++) {
      this.threads.add(new ThreadGenerator(swarm, i, lifeNumber));
    }
  }

  private static void checkRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + "=" + value + " is not within " + least + ".." + most + ".");
    }
  }

  /**
   * How many segments the life has. More can be made up by those who need them.
   *
   * @return 2 to 10
   */
  public int segments() {
    return swarm.segments();
  }

  /**
   * Makes up the next segment. It is kept: see {@link #life}.
   *
   * @return the segment, never changed
   */
  public Segment next() {
    int index = segments.size();
    SplittableRandom random = Chance.part(lifeSeed, index);
    ThreadGenerator.Phase phase = phase(random, index);
    int operations = swarm.volume().operations(random);
    int each = Math.max(1, operations / threads.size());
    List<List<Operation>> made = new ArrayList<>();
    for (ThreadGenerator thread : threads) {
      made.add(thread.next(random.split(), index, phase, each));
    }
    Segment segment =
        new Segment(
            swarm.openings().next(random),
            swarm.slowPerMille(random),
            List.copyOf(made),
            swarm.ending(random, operations));
    segments.add(segment);
    return segment;
  }

  private ThreadGenerator.Phase phase(SplittableRandom random, int index) {
    ThreadGenerator.Phase[] phases = ThreadGenerator.Phase.values();
    ThreadGenerator.Phase drawn = phases[random.nextInt(phases.length)];
    boolean grows = index < (swarm.volume() == Volume.LARGE ? 3 : 1);
    return grows ? ThreadGenerator.Phase.GROW : drawn;
  }

  /**
   * All that was made up so far.
   *
   * @param store the name of the class of the kind of store
   * @return the life as it is now, never changed
   */
  public Life life(String store) {
    return new Life(seed, number, store, List.copyOf(segments));
  }
}
