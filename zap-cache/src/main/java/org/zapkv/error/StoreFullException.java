// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** There is no room for what was asked: the disk, or the limit of the device, is reached. */
public final class StoreFullException extends DeviceException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public StoreFullException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public StoreFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
