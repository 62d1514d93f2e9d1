// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/** A value that is being read as a stream was replaced or removed by another change meanwhile. */
public final class ValueChangedException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message which value, and what to do
   */
  public ValueChangedException(String message) {
    super(message);
  }
}
