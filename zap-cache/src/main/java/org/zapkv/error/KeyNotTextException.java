// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A key is not valid UTF-8, in a map whose keys have a Unicode normal form and so must be text. */
public final class KeyNotTextException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public KeyNotTextException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public KeyNotTextException(String message, Throwable cause) {
    super(message, cause);
  }
}
