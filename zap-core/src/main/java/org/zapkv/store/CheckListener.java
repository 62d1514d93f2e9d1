// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * Told how far a check of a store is. Called on the thread that checks, while the store writes
 * nothing: it must not call the store, least of all close it, which would wait for the check.
 */
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
