// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/** Takes what a structural check finds wrong. */
@FunctionalInterface
public interface ZapProblems {

  /**
   * One thing that is wrong.
   *
   * @param blockId the block of the object
   * @param offsetBytes where in the block, in bytes, or -1 when it is not in one place
   * @param problem what is wrong there, with the values
   */
  void problem(long blockId, long offsetBytes, String problem);
}
