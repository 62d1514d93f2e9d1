// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Promise;

/**
 * A commit that has begun. The thread that made it says how it went, by one of the two methods; if
 * it says nothing, then nobody was told whether it is there: the process was killed before.
 */
public final class Pending {
  private enum State {
    OPEN,
    ACKNOWLEDGED,
    FAILED
  }

  /** When no such thing has happened. */
  static final long NEVER = Long.MAX_VALUE;

  /** What it makes of each of its keys. */
  final List<Version> versions;

  /** Its number in its line. */
  final int number;

  /** By the oracle's clock. */
  final long startedAt;

  /** How far the recording was. */
  final long startPosition;

  private final Line line;
  private final Promise promise;

  /* The rest is of the thread of the line until that has ended. */

  private State state = State.OPEN;
  private long endedAt = NEVER;
  private long sequence;
  private long durablePosition = NEVER;
  private long endPosition = NEVER;
  private boolean isChange;
  private @Nullable Throwable cause;

  Pending(Line line, List<Version> versions, Promise promise, long startPosition) {
    this.line = line;
    this.versions = versions;
    this.promise = promise;
    this.number = line.commits().size();
    this.startPosition = startPosition;
    this.startedAt = line.tick();
  }

  /**
   * The call has returned.
   *
   * @param givenSequence the commit's place in the order of all commits; 0: the store does not say
   * @param position how far the recording of the devices is now; 0: there is none
   * @throws Violation if the store is one that keeps the order, and says that an earlier commit of
   *     this thread came later, or at the same place though this one puts something
   * @throws IllegalStateException if it has already been said how it went
   */
  public void acknowledged(long givenSequence, long position) {
    resolve(State.ACKNOWLEDGED);
    sequence = givenSequence;
    endPosition = position;
    isChange = versions.stream().anyMatch(version -> version.isPut() || version.state.isPresent());
    if (promise == Promise.DURABLE && isChange) {
      durablePosition = position;
    }
    line.succeed(this);
  }

  /**
   * The call has failed: the commit is there or not, but not in part, and not after what this
   * thread commits later.
   *
   * @param failure what the store threw; messages have it
   * @throws IllegalStateException if it has already been said how it went
   */
  public void unknown(Throwable failure) {
    resolve(State.FAILED);
    cause = failure;
    line.fail(this);
  }

  private void resolve(State end) {
    if (state != State.OPEN) {
      throw new IllegalStateException(this + " is " + state + " and cannot be " + end + ".");
    }
    endedAt = line.tick();
    state = end;
  }

  boolean isAcknowledged() {
    return state == State.ACKNOWLEDGED;
  }

  boolean isFailed() {
    return state == State.FAILED;
  }

  /**
   * Whether it certainly had something to change. If not, that it is durable says nothing: a store
   * need not write anything for it, nor wait for what was written before.
   */
  boolean isChange() {
    return isChange;
  }

  /** 0: not known. */
  long sequence() {
    return sequence;
  }

  /** Whether the order of commits has it before one with that sequence or that began then. */
  boolean isBefore(long otherSequence, long otherStart) {
    return state == State.ACKNOWLEDGED
        && ((sequence > 0 && sequence < otherSequence) || endedAt < otherStart);
  }

  /**
   * Whether a crash in it, or after it, may show what no other one shows: it must be whole, or
   * last.
   */
  boolean isTelling() {
    return state == State.ACKNOWLEDGED && (promise == Promise.DURABLE || versions.size() > 1);
  }

  /** How far the recording was when it was acknowledged. */
  long endPosition() {
    return endPosition;
  }

  /** Whether it was acknowledged as durable when the recording was so far. */
  boolean isDurable(long position) {
    return durablePosition != NEVER && durablePosition <= position;
  }

  @Override
  public String toString() {
    String name = "commit " + (number + 1) + " of " + line.name();
    if (cause != null) {
      return name + ", which failed (" + cause + ")";
    }
    return sequence == 0 ? name : name + " (sequence " + sequence + ")";
  }
}
