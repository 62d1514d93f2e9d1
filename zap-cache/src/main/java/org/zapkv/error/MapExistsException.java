// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** There is a map of this name in the store already. */
public final class MapExistsException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public MapExistsException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public MapExistsException(String message, Throwable cause) {
    super(message, cause);
  }
}
