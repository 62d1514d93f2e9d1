// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** The release of a hold that was out before, against everything but holds. */
public final class ReleaseStress {
  private ReleaseStress() {}

  /** The last two holds of a buffer with a user end at once. */
  @JCStressTest
  @Outcome(
      id = "released, released, kept old",
      expect = ACCEPTABLE,
      desc = "an unheld buffer stays, with its user")
  @State
  public static class WithRelease extends BlockState {
    /** Made by jcstress. */
    public WithRelease() {
      super(Start.WITH_USER, 2);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** The last two holds end at once, and the user goes early. */
  @JCStressTest
  @Outcome(
      id = "released, released, kept old",
      expect = ACCEPTABLE,
      desc = "the buffer stays, the user has gone, once")
  @State
  public static class WithReleaseOfEarlyUser extends BlockState {
    /** Made by jcstress. */
    public WithReleaseOfEarlyUser() {
      super(Start.WITH_EARLY_USER, 2);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** The last two holds of a buffer end at once that the policy wanted out. */
  @JCStressTest
  @Outcome(
      id = "released, released, gone",
      expect = ACCEPTABLE,
      desc = "it was offered again by whoever was last")
  @State
  public static class WithReleaseOfRefused extends BlockState {
    /** Made by jcstress. */
    public WithReleaseOfRefused() {
      super(Start.REFUSED, 2);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** The last hold ends, while the policy wants the block out. */
  @JCStressTest
  @Outcome(id = "released, evicted, gone", expect = ACCEPTABLE, desc = "released in time")
  @Outcome(
      id = "released, refused, gone",
      expect = ACCEPTABLE,
      desc = "held at that moment, and offered again at its release")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.WITH_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** The last hold ends, while the block is freed. */
  @JCStressTest
  @Outcome(id = "released, freed, gone", expect = ACCEPTABLE, desc = "released in time")
  @Outcome(
      id = "released, freed, kept zeros",
      expect = ACCEPTABLE,
      desc = "freed while held: it stays, with its user")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** A hold ends, while another holder attaches a user. */
  @JCStressTest
  @Outcome(
      id = "released, attached, kept old",
      expect = ACCEPTABLE,
      desc = "they do not touch each other")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.CACHED, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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

  /** The last hold ends and the user goes early, while the policy wants the block out. */
  @JCStressTest
  @Outcome(id = "released, evicted, gone", expect = ACCEPTABLE, desc = "released in time")
  @Outcome(
      id = "released, refused, gone",
      expect = ACCEPTABLE,
      desc = "held, or the user was just going; offered again")
  @State
  public static class OfEarlyUserWithEvict extends BlockState {
    /** Made by jcstress. */
    public OfEarlyUserWithEvict() {
      super(Start.WITH_EARLY_USER, 1);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = release();
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
}
