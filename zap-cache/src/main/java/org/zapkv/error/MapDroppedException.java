// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The map of a handle, or of a batch or a cursor, was dropped: the handle leads nowhere any more.
 */
public final class MapDroppedException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public MapDroppedException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public MapDroppedException(String message, Throwable cause) {
    super(message, cause);
  }
}
