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

/** Eviction, against what the others leave. */
public final class EvictStress {
  private EvictStress() {}

  /** Two threads evict the same buffer. */
  @JCStressTest
  @Outcome(id = "evicted, refused, gone", expect = ACCEPTABLE, desc = "one of them did it")
  @Outcome(id = "refused, evicted, gone", expect = ACCEPTABLE, desc = "one of them did it")
  @Outcome(id = "evicted, absent, gone", expect = ACCEPTABLE, desc = "one of them did it")
  @Outcome(id = "absent, evicted, gone", expect = ACCEPTABLE, desc = "one of them did it")
  @State
  public static class WithEvict extends BlockState {
    /** Made by jcstress. */
    public WithEvict() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = evict();
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

  /** Eviction, while the block is freed. */
  @JCStressTest
  @Outcome(id = "evicted, freed, gone", expect = ACCEPTABLE, desc = "evicted first")
  @Outcome(
      id = "refused, freed, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "freed at that moment")
  @Outcome(id = "absent, freed, gone", expect = ACCEPTABLE, desc = "freed first")
  @State
  public static class WithFree extends BlockState {
    /** Made by jcstress. */
    public WithFree() {
      super(Start.WITH_USER, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = evict();
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

  /** Eviction, while somebody attaches a user. */
  @JCStressTest
  @Outcome(
      id = "evicted, attached, gone",
      expect = ACCEPTABLE,
      desc = "the user came first, and went with the buffer")
  @Outcome(
      id = "evicted, attached, later old",
      expect = ACCEPTABLE,
      desc = "the user came after, to the next buffer")
  @Outcome(
      id = "refused, attached, gone",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held at that moment; offered again at its release")
  @Outcome(
      id = "refused, attached, kept old",
      expect = ACCEPTABLE_INTERESTING,
      desc = "held at that moment by its first use in this epoch, which spares it")
  @State
  public static class WithSetUser extends BlockState {
    /** Made by jcstress. */
    public WithSetUser() {
      super(Start.CACHED, 0);
    }

    /** One actor. */
    @Actor
    public void actor1(LLL_Result result) {
      result.r1 = evict();
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
