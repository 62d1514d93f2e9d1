// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * A buffer was used against its protocol: released without a hold, or asked for what its state does
 * not allow.
 */
public final class BufferStateException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public BufferStateException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public BufferStateException(String message, Throwable cause) {
    super(message, cause);
  }
}
