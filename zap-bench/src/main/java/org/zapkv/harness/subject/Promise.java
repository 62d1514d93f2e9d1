// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

/** What a store promises of a change when the call that made it returns. */
public enum Promise {
  /** It survives a loss of power. */
  DURABLE,

  /**
   * It may be lost, until {@link Subject#sync} was called; but never without everything that came
   * after it in the order of commits.
   */
  LATER
}
