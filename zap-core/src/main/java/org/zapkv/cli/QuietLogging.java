// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

/**
 * A configuration of {@code java.util.logging} without any output, since standard error belongs to
 * the messages of the command line. Named by a system property, and loaded only if something logs.
 */
public final class QuietLogging {
  /** Leaves the logging as it is without a configuration: with no handler. */
  public QuietLogging() {}
}
