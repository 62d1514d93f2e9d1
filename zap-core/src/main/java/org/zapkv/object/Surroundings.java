// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * What a store takes from outside besides its devices and the calls: with other surroundings than
 * the usual ones the same calls of one thread do the same I/O in the same order, but for what is
 * said of {@link #background}.
 *
 * @param clock what time it is
 * @param chance without background gives the numbers that tell a store and the chains of its log
 *     from others, with it nobody asks; any thread may ask
 * @param background whether work is done by other threads while the callers go on. False: what they
 *     do, callers wait for; a full disk, memory, and a writer that is slowed still wait by the
 *     clock, and Caffeine, which chooses what is evicted, rarely throws dice
 */
public record Surroundings(Clock clock, LongSupplier chance, boolean background) {
  /** Of users. */
  public static final Surroundings USUAL =
      new Surroundings(Clock.systemUTC(), new SecureRandom()::nextLong, true);
}
