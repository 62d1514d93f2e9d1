// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** There is no map of this name in the store. */
public final class NoSuchMapException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public NoSuchMapException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public NoSuchMapException(String message, Throwable cause) {
    super(message, cause);
  }
}
