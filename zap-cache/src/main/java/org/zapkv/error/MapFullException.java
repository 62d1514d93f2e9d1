// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * A map cannot take another entry: a leaf of its overflow, the second table for entries whose
 * hashes are too much alike, is full, and cannot be split.
 */
public final class MapFullException extends ZapException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public MapFullException(String message) {
    super(message);
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public MapFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
