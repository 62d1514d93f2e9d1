// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.error.CorruptException;

/** Passes problems on, up to a number; one damaged table could make millions of them. */
final class ProblemLimit implements ZapProblems {
  private static final int MOST = 1000;

  private final ZapProblems sink;
  private int count;

  ProblemLimit(ZapProblems sink) {
    this.sink = sink;
  }

  @Override
  public void problem(long blockId, long offsetBytes, String problem) {
    count++;
    if (count <= MOST) {
      sink.problem(blockId, offsetBytes, problem);
    } else if (count == MOST + 1) {
      sink.problem(blockId, CorruptException.NONE, "more than " + MOST + " problems");
    }
  }

  /** Whether it makes no sense to look for more. */
  boolean isReached() {
    return count > MOST;
  }
}
