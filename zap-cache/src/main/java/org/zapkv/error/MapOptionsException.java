// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A map is there already, and was made with other options than those asked for. */
public final class MapOptionsException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public MapOptionsException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public MapOptionsException(String message, Throwable cause) {
    super(message, cause);
  }
}
