// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** What was called is closed: a store, a map, a cache, a device or a cursor. */
public final class ClosedException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public ClosedException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public ClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
