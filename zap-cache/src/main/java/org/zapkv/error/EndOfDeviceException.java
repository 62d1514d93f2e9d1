// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A read went past the end of the device: the file is shorter than what is in it says. */
public final class EndOfDeviceException extends DeviceException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public EndOfDeviceException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public EndOfDeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
