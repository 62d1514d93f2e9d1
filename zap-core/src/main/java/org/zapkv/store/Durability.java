// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/** What a commit waits for. */
public enum Durability {
  /** The change is on disk when the call returns: neither a crash nor a power cut takes it away. */
  SYNC,

  /**
   * The change is on disk with its group, by default within five seconds. A crash before that loses
   * it, and every later change with it, but never a part of it. {@link ZapStore#awaitDurable} waits
   * for it.
   */
  NONE
}
