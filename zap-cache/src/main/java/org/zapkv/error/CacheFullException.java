// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The cache found no memory within its budget in the time it may wait: everything in it is held, or
 * waits to be written.
 */
public final class CacheFullException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public CacheFullException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public CacheFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
