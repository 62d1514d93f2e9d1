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

/** Hold and release, against everything. */
public final class HoldStress {
  private HoldStress() {}

  /** Two threads miss the same block. */
  @JCStressTest
  @Outcome(
      id = "old, old, later old",
      expect = ACCEPTABLE,
      desc = "one of them read it, the other waited or came later")
  @State
  public static class WithHold extends BlockState {
    /** Made by jcstress. */
    public WithHold() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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

  /** A hold, while the last other one ends. */
  @JCStressTest
  @Outcome(id = "old, released, kept old", expect = ACCEPTABLE, desc = "an unheld buffer stays")
  @State
  public static class WithRelease extends BlockState {
    /** Made by jcstress. */
    public WithRelease() {
      super(Start.WITH_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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

  /** A hold, while the policy wants the block out. */
  @JCStressTest
  @Outcome(id = "old, evicted, gone", expect = ACCEPTABLE, desc = "the hold was over")
  @Outcome(
      id = "old, evicted, later old",
      expect = ACCEPTABLE,
      desc = "the hold came after, and read the block again")
  @Outcome(
      id = "old, refused, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "the hold won at the last moment; the buffer was offered again at its release")
  @Outcome(
      id = "old, refused, kept old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held at that moment by its first use in this epoch, which spares it")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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

  /** A hold, while the block is freed. */
  @JCStressTest
  @Outcome(id = "old, freed, gone", expect = ACCEPTABLE, desc = "the hold was over")
  @Outcome(
      id = "old, freed, kept zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed while held, after it was read")
  @Outcome(
      id = "zeros, freed, kept zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed while held, before it was read")
  @Outcome(
      id = "zeros, freed, later zeros",
      expect = ACCEPTABLE,
      desc = "the hold came after, and read a hole")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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

  /** A miss, while the block is freed. */
  @JCStressTest
  @Outcome(id = "old, freed, gone", expect = ACCEPTABLE, desc = "the hold was over")
  @Outcome(
      id = "old, freed, later zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed while held, after it was read")
  @Outcome(
      id = "zeros, freed, later zeros",
      expect = ACCEPTABLE,
      desc = "freed before, or while it was being read")
  @Outcome(
      id = "zeros, freed, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "the source gave zeros; the hold was over when the block was freed")
  @State
  public static class MissWithFree extends BlockState {
    /** Made by jcstress. */
    public MissWithFree() {
      super(Start.UNCACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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

  /** A hold, while somebody attaches a user. */
  @JCStressTest
  @Outcome(
      id = "old, attached, kept old",
      expect = ACCEPTABLE,
      desc = "they do not touch each other")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = holdAndRelease();
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
