// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A value is larger than a map, or one leaf of it, can hold. */
public final class ValueTooLargeException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public ValueTooLargeException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public ValueTooLargeException(String message, Throwable cause) {
    super(message, cause);
  }
}
