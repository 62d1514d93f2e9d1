// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * Told how far {@link ZapStore#scrub} is. Called on the thread that scrubs, between two steps; it
 * may use the store. What it throws ends the scrub.
 */
@FunctionalInterface
public interface ScrubListener {
  /**
   * Some more has been read.
   *
   * @param doneBytes how much was read so far
   * @param totalBytes how much there is to read, as known now
   */
  void progress(long doneBytes, long totalBytes);
}
