// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The root of every exception that Zap throws for a reason of its own. It is unchecked; misuse of
 * an argument (a null, a negative size) is an {@link IllegalArgumentException} or {@link
 * NullPointerException} instead.
 *
 * <p>A message names what failed, with the values, and says what to do about it.
 */
public class ZapException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public ZapException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public ZapException(String message, Throwable cause) {
    super(message, cause);
  }
}
