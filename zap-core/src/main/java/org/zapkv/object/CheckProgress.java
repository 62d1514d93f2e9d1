// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

/** Is told how far a check has come. */
@FunctionalInterface
public interface CheckProgress {

  /** Shows nothing. */
  CheckProgress NONE = (doneBytes, totalBytes) -> {};

  /**
   * More of the store has been verified. Called about once per MiB and once at the end.
   *
   * @param doneBytes what has been read and verified so far, in bytes
   * @param totalBytes what there is to read, in bytes, as far as the store says so itself
   */
  void advanced(long doneBytes, long totalBytes);
}
