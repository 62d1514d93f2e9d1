// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A key is longer than a map can hold. */
public final class KeyTooLongException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public KeyTooLongException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public KeyTooLongException(String message, Throwable cause) {
    super(message, cause);
  }
}
