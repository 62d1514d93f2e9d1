// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/** Told how far a check of a store is. Called on the thread that checks. */
@FunctionalInterface
public interface CheckListener {
  /**
   * Some more is verified.
   *
   * @param doneBytes how much was read so far
   * @param totalBytes how much there is to read, as known now
   */
  void progress(long doneBytes, long totalBytes);
}
