// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Reading without a hold, against whatever changes or moves the bytes. */
public final class ReadStress {
  private ReadStress() {}

  /** The block is evicted and its memory given to another. */
  @JCStressTest
  @Outcome(id = "old, evicted, gone", expect = ACCEPTABLE, desc = "read before")
  @Outcome(
      id = "none, evicted, gone",
      expect = ACCEPTABLE,
      desc = "not there any more, or not valid any more")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheld();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = evict();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** The block is freed. */
  @JCStressTest
  @Outcome(id = "old, freed, gone", expect = ACCEPTABLE, desc = "read before")
  @Outcome(
      id = "none, freed, gone",
      expect = ACCEPTABLE,
      desc = "not there any more, or not valid any more")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheld();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = free();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** The block is freed and held by somebody, or no longer. */
  @JCStressTest
  @Outcome(id = "old, freed, gone", expect = ACCEPTABLE, desc = "read and released before")
  @Outcome(id = "old, freed, kept zeros", expect = ACCEPTABLE, desc = "read before, released after")
  @Outcome(id = "none, freed, gone", expect = ACCEPTABLE, desc = "not valid any more")
  @Outcome(
      id = "none, freed, kept zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "read while the bytes became zeros")
  @Outcome(id = "zeros, freed, kept zeros", expect = ACCEPTABLE, desc = "read after")
  @State
  public static class WithReleaseAndFree extends BlockState {
    /** Made by jcstress. */
    public WithReleaseAndFree() {
      super(Start.WITH_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheldAndRelease();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = free();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** The last hold ends. */
  @JCStressTest
  @Outcome(id = "old, released, kept old", expect = ACCEPTABLE, desc = "nothing changes")
  @State
  public static class WithRelease extends BlockState {
    /** Made by jcstress. */
    public WithRelease() {
      super(Start.WITH_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheld();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = release();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** A holder changes the bytes. */
  @JCStressTest
  @Outcome(id = "old, changed, kept new", expect = ACCEPTABLE, desc = "read before")
  @Outcome(id = "none, changed, kept new", expect = ACCEPTABLE_INTERESTING, desc = "half changed")
  @Outcome(id = "new, changed, kept new", expect = ACCEPTABLE, desc = "read after")
  @State
  public static class WithChange extends BlockState {
    /** Made by jcstress. */
    public WithChange() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheld();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = change();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** The block is made anew. */
  @JCStressTest
  @Outcome(id = "none, filled, later new", expect = ACCEPTABLE, desc = "too early")
  @Outcome(id = "new, filled, later new", expect = ACCEPTABLE, desc = "read after")
  @State
  public static class WithFill extends BlockState {
    /** Made by jcstress. */
    public WithFill() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = readUnheld();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = fill();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }
}
