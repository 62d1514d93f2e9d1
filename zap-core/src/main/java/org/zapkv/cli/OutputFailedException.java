// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.util.Locale;

/** Standard output takes no more. */
final class OutputFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputFailedException(IOException cause) {
    super("cannot write the output: " + cause.getMessage(), cause);
  }

  /** Whether the reader has gone, as with {@code zap scan ... | head}: no error, nobody listens. */
  boolean readerHasGone() {
    String reason = getCause().getMessage();
    // The system's own words, which vary with its language; all of them name the pipe.
    return reason != null && reason.toLowerCase(Locale.ROOT).contains("pipe");
  }
}
