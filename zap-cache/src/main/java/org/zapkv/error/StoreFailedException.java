// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The store can take no more changes because an earlier write of it failed. What was durable before
 * is on disk: close the store, mend the cause and open it again.
 */
public final class StoreFailedException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public StoreFailedException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public StoreFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
