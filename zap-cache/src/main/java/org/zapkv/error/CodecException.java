// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * A codec has thrown, or has returned what no key or value can be: null, or too many bytes. The
 * message names the map and whether it was the codec of its keys or of its values. Nothing was
 * changed.
 */
public final class CodecException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public CodecException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public CodecException(String message, Throwable cause) {
    super(message, cause);
  }
}
