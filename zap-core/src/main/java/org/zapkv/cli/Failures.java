// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.MapExistsException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.error.ZapException;

/** What an exception means to the user: a message and an exit code. */
final class Failures {
  private static final int MAX_CAUSES = 20;

  private Failures() {}

  static int exitCode(Throwable failure) {
    if (failure instanceof CommandFailure command) {
      return command.exitCode();
    }
    if (isDamage(failure)) {
      return ExitCode.DAMAGED;
    }
    if (failure instanceof NoSuchMapException
        || failure instanceof MapExistsException
        || failure instanceof ValueTypeException
        || failure instanceof KeyTooLongException
        || failure instanceof ValueTooLargeException) {
      return ExitCode.NO;
    }
    return failure instanceof ZapException
            || failure instanceof OutputFailedException
            || failure instanceof IOException
            || failure instanceof OutOfMemoryError
        ? ExitCode.UNUSABLE
        : ExitCode.INTERNAL;
  }

  /** Whether damage is what is behind it, perhaps at some distance: a failed sync, for one. */
  private static boolean isDamage(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof CorruptException || cause instanceof EndOfDeviceException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  static String message(Throwable failure) {
    if (failure instanceof OutOfMemoryError) {
      return "not enough Java heap (" + failure.getMessage() + "): start java with a larger -Xmx";
    }
    if (exitCode(failure) == ExitCode.INTERNAL) {
      return "internal error: " + failure + "; --debug shows where";
    }
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }
}
