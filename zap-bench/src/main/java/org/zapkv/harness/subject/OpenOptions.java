// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

/**
 * How a store is opened this time. A store leaves out what it does not have, and takes its own
 * least or largest for what is beyond.
 *
 * @param cacheBytes memory for its cache
 * @param directIo whether I/O goes past the page cache; in directories only
 * @param leafBytes size of a new map's blocks
 * @param syncMillis after how long changes are written at the latest
 * @param compression a number that a store takes modulo the kinds it has; 0: its default
 */
public record OpenOptions(
    long cacheBytes, boolean directIo, int leafBytes, long syncMillis, int compression) {
  /** The least {@link #cacheBytes} that anybody asks for. */
  public static final long LEAST_CACHE_BYTES = 4L << 20;

  /** What a user gets who says nothing, but with a small cache. */
  public static final OpenOptions USUAL = new OpenOptions(8L << 20, false, 16 << 10, 5000, 0);
}
