// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps out of the log what stores say that are made to fail. For tests that run one by one. */
final class SilentLog implements BeforeEachCallback, AfterEachCallback {
  /* Kept here: what nobody holds is forgotten, and its level with it. */
  private static final Logger LOGGER = Logger.getLogger("org.zapkv");

  @Override
  public void beforeEach(ExtensionContext context) {
    LOGGER.setLevel(Level.OFF);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    LOGGER.setLevel(null);
  }
}
