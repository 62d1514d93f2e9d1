// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

/** What is chosen between when the next operation of a thread is made up. */
enum OperationKind {
  APPLY,
  COMMIT,
  TRANSACT,
  UPDATE,
  WIPE,
  GET,
  GET_OF_OTHERS,
  SCAN_BEGIN,
  SCAN_STEP,
  SCAN_RESUME,
  SYNC,
  COMPACT,
  SCRUB,
  INTERRUPT,
  CLOCK_JUMP
}
