// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a commit promises when the call returns. Immutable; equal where the promise is.
 *
 * <p>Every commit goes to the intent log, in one order. So whatever the durability of each, what is
 * there after a crash is a beginning of that order: if a commit is there, so is every earlier one,
 * and of a batch everything or nothing. A store that was closed holds all of them.
 */
public final class Durability {
  /** The longest bound that can be counted in nanoseconds: almost 300 years. */
  private static final Duration NEVER = Duration.ofNanos(Long.MAX_VALUE);

  /**
   * The commit is on disk when the call returns. Neither a crash of the process nor of the system,
   * nor a power cut, takes it away. Loses nothing, as long as the disk gives back what was written
   * to it: if after a crash it has spoilt what the very last flush of the log wrote, that looks
   * like a flush that the crash cut short, and its commits are missing. All damage before that is
   * noticed.
   */
  public static final Durability SYNC = new Durability("SYNC", Duration.ZERO);

  /**
   * The commit is on disk at the latest a second later, without a wait for it: {@link #async} with
   * a bound of one second. A crash can lose what was committed in that second.
   */
  public static final Durability ASYNC = async(Duration.ofSeconds(1));

  /**
   * The commit is on disk with its transaction group, of which the writing begins by default within
   * five seconds, or with a later commit of another durability. A crash before that can lose it, be
   * it of the process alone: the newest records of the log, up to 256 KiB of them, are in the
   * memory of the process until then. {@link ZapStore#awaitDurable} waits for it.
   */
  public static final Durability NONE = new Durability("NONE", Duration.ZERO);

  private final String name;
  private final Duration bound;

  private Durability(String name, Duration bound) {
    this.name = name;
    this.bound = bound;
  }

  /**
   * The commit is on disk within a time, without a wait for it. A crash, be it of the process
   * alone, can lose what was committed in that time before it, and what the flush then under way
   * had not finished.
   *
   * @param bound how long it may take until the flush begins, above zero
   * @return the durability
   * @throws IllegalArgumentException if the bound is not above zero
   */
  public static Durability async(Duration bound) {
    if (bound.isNegative() || bound.isZero()) {
      throw new IllegalArgumentException(
          "bound=" + bound + ": has to be above zero; for no delay at all there is SYNC");
    }
    return new Durability("ASYNC", bound.compareTo(NEVER) > 0 ? NEVER : bound);
  }

  /** Whether there is a time after which the commit is on disk. */
  boolean isAsync() {
    return !bound.isZero();
  }

  /** The time, for one that {@link #isAsync}. */
  Duration bound() {
    return bound;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Durability that && name.equals(that.name) && bound.equals(that.bound);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, bound);
  }

  @Override
  public String toString() {
    return isAsync() ? name + "(" + bound + ")" : name;
  }
}
