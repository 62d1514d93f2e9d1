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

/** Making a block anew without reading it, against the others. */
public final class FillStress {
  private FillStress() {}

  /** Somebody else wants the block. */
  @JCStressTest
  @Outcome(
      id = "filled, new, later new",
      expect = ACCEPTABLE,
      desc = "filled first; the other waited for it")
  @Outcome(id = "cached, old, later old", expect = ACCEPTABLE, desc = "read first")
  @State
  public static class WithHold extends BlockState {
    /** Made by jcstress. */
    public WithHold() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = fill();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = holdAndRelease();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** Two threads make it. */
  @JCStressTest
  @Outcome(id = "filled, cached, later new", expect = ACCEPTABLE, desc = "one of them did it")
  @Outcome(id = "cached, filled, later new", expect = ACCEPTABLE, desc = "one of them did it")
  @State
  public static class WithFill extends BlockState {
    /** Made by jcstress. */
    public WithFill() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = fill();
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

  /** The block is freed. */
  @JCStressTest
  @Outcome(id = "filled, freed, gone", expect = ACCEPTABLE, desc = "freed after")
  @Outcome(
      id = "filled, freed, later zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed while it was being filled, or still held")
  @Outcome(id = "filled, freed, later new", expect = ACCEPTABLE, desc = "freed before")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = fill();
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

  /** The policy wants the block out. */
  @JCStressTest
  @Outcome(
      id = "filled, absent, later new",
      expect = ACCEPTABLE,
      desc = "too early for an eviction")
  @Outcome(
      id = "filled, refused, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held, or being filled; offered again at its release")
  @Outcome(id = "filled, evicted, gone", expect = ACCEPTABLE, desc = "evicted after")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = fill();
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

  /** Somebody attaches a user. */
  @JCStressTest
  @Outcome(
      id = "filled, attached, later new",
      expect = ACCEPTABLE,
      desc = "filled first; the other waited for it")
  @Outcome(id = "cached, attached, later old", expect = ACCEPTABLE, desc = "read first")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = fill();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = setFirstUser();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }
}
