// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import org.jspecify.annotations.Nullable;

/** A store did what it may not do; the message says what, and what would have been right. */
public final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of promise was broken. The minimiser looks for a shorter way to the same kind. */
  public enum Kind {
    /** A read gave what is not there. */
    WRONG_READ,
    /** A walk left out an entry, or had one twice, or one that is not there. */
    WRONG_SCAN,
    /** Something durable is gone. */
    LOST,
    /** A commit is there in part. */
    TORN_BATCH,
    /** A later commit is there without an earlier one. */
    ORDER,
    /** There is something that nobody wrote. */
    ALIEN,
    /** Structure, space, holds or memory are not as they should be. */
    UNSOUND,
    /** An operation failed that had no reason to, or failed in a way it may not. */
    ERROR,
    /** The store could not be opened again. */
    NOT_OPENED,
    /** An operation did not end. */
    HANG
  }

  private final Kind kind;

  /**
   * A violation.
   *
   * @param kind of which promise
   * @param message what was found, and what should have been
   */
  public Violation(Kind kind, String message) {
    this(kind, message, null);
  }

  /**
   * A violation by an exception.
   *
   * @param kind of which promise
   * @param message what was found, and what should have been
   * @param cause what the store threw
   */
  public Violation(Kind kind, String message, @Nullable Throwable cause) {
    super(kind + ": " + message, cause);
    this.kind = kind;
  }

  /**
   * What was broken.
   *
   * @return the kind of promise
   */
  public Kind kind() {
    return kind;
  }
}
