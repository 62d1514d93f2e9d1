// SPDX-License-Identifier: Apache-2.0
package org.zapkv.error;

/**
 * The cache found no memory within its budget in the time it may wait: everything in it is held, or
 * waits to be written.
 */
public final class CacheFullException extends ZapException {
  private static final long serialVersionUID = 2L;

  /** Whether what is dirty cannot be written, as there is no room for it. */
  private final boolean isDiskFull;

  /**
   * An exception with a message.
   *
   * @param message what failed, where, and what to do
   */
  public CacheFullException(String message) {
    this(message, false);
  }

  /**
   * An exception with a message and what is in the way.
   *
   * @param message what failed, where, and what to do
   * @param isDiskFull whether the dirty blocks cannot be written because the disk is full
   */
  public CacheFullException(String message, boolean isDiskFull) {
    super(message);
    this.isDiskFull = isDiskFull;
  }

  /**
   * An exception with a message and a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause what it was caused by
   */
  public CacheFullException(String message, Throwable cause) {
    super(message, cause);
    this.isDiskFull = false;
  }

  /**
   * Whether the memory is taken by what cannot be written because the disk is full.
   *
   * @return true: there is memory again when there is room on the disk; false: something else is in
   *     the way
   */
  public boolean isDiskFull() {
    return isDiskFull;
  }
}
