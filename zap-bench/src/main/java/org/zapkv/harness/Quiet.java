// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Until its end, Zap logs nothing: of the failures that it would tell of, all but a violation are
 * the harness's own.
 */
final class Quiet {
  /** Held here, as the logging of Java holds its loggers weakly. */
  private final Logger logger = Logger.getLogger("org.zapkv");

  private final @Nullable Level before = logger.getLevel();

  Quiet() {
    logger.setLevel(Level.OFF);
  }

  void end() {
    logger.setLevel(before);
  }
}
