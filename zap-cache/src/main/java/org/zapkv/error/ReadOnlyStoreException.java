// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A change of a store that is open for reading only. Nothing was changed. */
public final class ReadOnlyStoreException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public ReadOnlyStoreException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public ReadOnlyStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
