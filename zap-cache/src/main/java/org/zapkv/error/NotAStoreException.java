// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** The path is not a store: no directory, or a directory that holds something else. */
public final class NotAStoreException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public NotAStoreException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public NotAStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
