// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.fault;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that goes on by a millisecond when somebody looks at it, and that can be put forward and
 * back. Any thread.
 */
public final class JumpingClock extends Clock {
  /** Some day. */
  private static final long START_MILLIS = 1_700_000_000_000L;

  private final AtomicLong millis = new AtomicLong(START_MILLIS);

  /** A clock that begins at a fixed time. */
  public JumpingClock() {}

  /**
   * Puts the clock forward or back.
   *
   * @param byMillis by so much; below 0: back
   */
  public void jump(long byMillis) {
    millis.addAndGet(byMillis);
  }

  @Override
  public long millis() {
    return millis.incrementAndGet();
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  /** It is always UTC. */
  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
