// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A read, write or flush of a device failed; the cause is the {@link java.io.IOException}. */
public class DeviceException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public DeviceException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
