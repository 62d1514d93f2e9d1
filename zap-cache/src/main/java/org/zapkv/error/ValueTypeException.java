// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * A value has another form than the one asked for: bytes where a long was asked for, or a long
 * where bytes were; several integers where one was; integers that are larger than asked for.
 */
public final class ValueTypeException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public ValueTypeException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public ValueTypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
