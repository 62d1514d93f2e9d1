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

/** Freeing and attaching, against themselves and each other. */
public final class FreeStress {
  private FreeStress() {}

  /** Two threads free a block. */
  @JCStressTest
  @Outcome(id = "freed, freed, gone", expect = ACCEPTABLE, desc = "one of them did it")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = free();
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

  /** A block is freed, while somebody attaches a user. */
  @JCStressTest
  @Outcome(
      id = "freed, attached, gone",
      expect = ACCEPTABLE,
      desc = "the user came first, and went with the buffer")
  @Outcome(
      id = "freed, attached, kept zeros",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed while held: it stays, with the user")
  @Outcome(
      id = "freed, attached, later zeros",
      expect = ACCEPTABLE,
      desc = "the user came after, to the next buffer")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = free();
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

  /** Two threads attach a user. */
  @JCStressTest
  @Outcome(
      id = "attached, taken, kept old",
      expect = ACCEPTABLE,
      desc = "the first one won, the other was told")
  @Outcome(
      id = "taken, attached, kept old",
      expect = ACCEPTABLE,
      desc = "the second one won, the other was told")
  @State
  public static class SetUserWithSetUser extends BlockState {
    /** Made by jcstress. */
    public SetUserWithSetUser() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = setFirstUser();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = setSecondUser();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }
}
