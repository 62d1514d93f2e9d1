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

/** Writing a block past the cache, against the others. */
public final class NoFillStress {
  private NoFillStress() {}

  /** Somebody else wants the block. */
  @JCStressTest
  @Outcome(
      id = "written, new, later new",
      expect = ACCEPTABLE,
      desc = "the other waited, or came later, and read what was written")
  @Outcome(
      id = "written, old, gone",
      expect = ACCEPTABLE,
      desc = "the hold was over; the buffer gave way")
  @Outcome(
      id = "cached, old, kept old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held at that moment: it did not give way")
  @Outcome(
      id = "cached, old, later old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "it gave way, and before the writer had the block the other had it again")
  @State
  public static class WithHold extends BlockState {
    /** Made by jcstress. */
    public WithHold() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
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

  /** Two threads write it. */
  @JCStressTest
  @Outcome(id = "written, written, gone", expect = ACCEPTABLE, desc = "one after the other")
  @State
  public static class WithNoFill extends BlockState {
    /** Made by jcstress. */
    public WithNoFill() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = writePast();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }

  /** The block is freed. */
  @JCStressTest
  @Outcome(id = "written, freed, gone", expect = ACCEPTABLE, desc = "nothing of it is cached")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
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
  @Outcome(id = "written, evicted, gone", expect = ACCEPTABLE, desc = "evicted before")
  @Outcome(
      id = "written, refused, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "the buffer was just giving way")
  @Outcome(id = "written, absent, gone", expect = ACCEPTABLE, desc = "nothing of it is cached")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
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
      id = "written, attached, gone",
      expect = ACCEPTABLE,
      desc = "the user came first, and went with the buffer")
  @Outcome(
      id = "written, attached, later new",
      expect = ACCEPTABLE,
      desc = "the user came after, to the next buffer")
  @Outcome(
      id = "cached, attached, kept old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held at that moment: it did not give way")
  @Outcome(
      id = "cached, attached, later old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "it gave way, and before the writer had the block the other had it again")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
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

  /** Somebody reads it without a hold. */
  @JCStressTest
  @Outcome(id = "written, old, gone", expect = ACCEPTABLE, desc = "read before")
  @Outcome(
      id = "written, none, gone",
      expect = ACCEPTABLE,
      desc = "not there any more, or not valid any more")
  @State
  public static class WithRead extends BlockState {
    /** Made by jcstress. */
    public WithRead() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = writePast();
    }

    /** The other. */
    @Actor
    public void actor2(LLL_Result result) {
      result.r2 = readUnheld();
    }

    /** The end. */
    @Arbiter
    public void arbiter(LLL_Result result) {
      result.r3 = end();
    }
  }
}
