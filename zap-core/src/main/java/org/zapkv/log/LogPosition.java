// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

/**
 * A place between two records of an intent log: every record up to it is in the transaction group
 * whose uberblock holds the position, none after it is. Immutable.
 *
 * @param offsetBytes where the log block begins that holds the next record, in bytes of the log's
 *     device; 0 where there is no log
 * @param sequence the sequence of the last record before it, 0 when there is none. The block may
 *     hold records up to this one, too
 * @param chain the seed of that block's checksum
 */
public record LogPosition(long offsetBytes, long sequence, long chain) {
  /** The position of a store without a log. */
  public static final LogPosition NONE = new LogPosition(0, 0, 0);
}
