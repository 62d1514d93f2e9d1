// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Remembers how far a run was when. However long the run is, no more than {@value #MOST} moments:
 * when there are so many, every other one is forgotten. Any thread.
 */
public final class Timeline {
  static final int MOST = 240;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double FIRST_SPACING_SECONDS = 0.25;

  private final LongSupplier nanos;
  private final long begin;

  /** Guarded by this. */
  private final List<Sample> samples = new ArrayList<>();

  /** How far apart samples are at least. Guarded by this. */
  private double spacing = FIRST_SPACING_SECONDS;

  /**
   * How far a run was.
   *
   * @param seconds since its beginning
   * @param operations operations until then
   * @param openings openings until then
   * @param faults things that had gone wrong on purpose until then
   */
  public record Sample(double seconds, long operations, long openings, long faults) {}

  /**
   * The run begins now.
   *
   * @param nanos the time, as {@link System#nanoTime}
   */
  public Timeline(LongSupplier nanos) {
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
    samples.add(new Sample(0, 0, 0, 0));
  }

  /**
   * The run is so far now.
   *
   * @param operations operations so far
   * @param openings openings so far
   * @param faults things that went wrong on purpose so far
   */
  public synchronized void add(long operations, long openings, long faults) {
    Sample sample = now(operations, openings, faults);
    if (sample.seconds < last().seconds + spacing) {
      return;
    }
    samples.add(sample);
    if (samples.size() == MOST) {
      thinOut();
    }
  }

  /**
   * The run has ended, now, with these.
   *
   * @param operations all operations
   * @param openings all openings
   * @param faults all that went wrong on purpose
   * @return how far it was when, in the order of time
   */
  public synchronized List<Sample> end(long operations, long openings, long faults) {
    Sample sample = now(operations, openings, faults);
    // The last one may be a moment old: a rate over a moment says nothing.
    if (samples.size() > 1 && sample.seconds < last().seconds + spacing) {
      samples.remove(samples.size() - 1);
    }
    samples.add(sample);
    return List.copyOf(samples);
  }

  private void thinOut() {
    List<Sample> kept = new ArrayList<>();
    for (int i = 0; i < samples.size(); i += 2) {
      kept.add(samples.get(i));
    }
    samples.clear();
    samples.addAll(kept);
    spacing *= 2;
  }

  private Sample now(long operations, long openings, long faults) {
    return new Sample((nanos.getAsLong() - begin) / NANOS_PER_SECOND, operations, openings, faults);
  }

  private Sample last() {
    return samples.get(samples.size() - 1);
  }
}
