// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import org.zapkv.harness.oracle.Violation;

/** A violation and its place in a life. */
final class Located extends RuntimeException {
  private static final long serialVersionUID = 1L;

  final transient Violation violation;
  final int segment;
  final int step;
  final String operation;

  Located(Violation violation, int segment, int step, String operation) {
    super(violation);
    this.violation = violation;
    this.segment = segment;
    this.step = step;
    this.operation = operation;
  }
}
