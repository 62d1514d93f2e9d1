// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * A transaction was run as often as it may be, and each time others had changed what it had read
 * before it could be committed. Nothing was changed; it may be tried again.
 */
public final class TransactionConflictException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public TransactionConflictException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public TransactionConflictException(String message, Throwable cause) {
    super(message, cause);
  }
}
