// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** The store is open already, in this process or in another; the message names the process. */
public final class StoreLockedException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public StoreLockedException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public StoreLockedException(String message, Throwable cause) {
    super(message, cause);
  }
}
