// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * Told how far {@link ZapStore#compact} is. Called on the thread that compacts, between two steps;
 * it may use the store.
 */
@FunctionalInterface
public interface CompactListener {
  /**
   * Some more has been looked at. Each pass begins at 0 again; there are a few.
   *
   * @param doneBytes how much the present pass has looked at
   * @param totalBytes how much there is to look at, as known now
   */
  void progress(long doneBytes, long totalBytes);
}
