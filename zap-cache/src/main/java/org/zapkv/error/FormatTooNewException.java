// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The store was written by a newer version and uses a feature that this one does not know; the
 * message names it.
 */
public final class FormatTooNewException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public FormatTooNewException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public FormatTooNewException(String message, Throwable cause) {
    super(message, cause);
  }
}
