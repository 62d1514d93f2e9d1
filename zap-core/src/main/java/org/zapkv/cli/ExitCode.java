// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

/** The exit codes that scripts rely on; the help of the main command lists them. */
final class ExitCode {
  static final int OK = 0;

  /** Not found, an unusable line or value, or differences. */
  static final int NO = 1;

  /** What is stored is damaged. */
  static final int DAMAGED = 2;

  /** The store, or a file, cannot be used. */
  static final int UNUSABLE = 3;

  /** No process has the store open and publishes what it does. */
  static final int NOT_LIVE = 4;

  /** The command line itself is wrong. */
  static final int USAGE = 64;

  /** An error of Zap itself. */
  static final int INTERNAL = 70;

  private ExitCode() {}
}
