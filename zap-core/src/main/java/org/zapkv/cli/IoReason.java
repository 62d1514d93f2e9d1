// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Why something failed, in words: the message of some exceptions is no more than a path. */
final class IoReason {
  private IoReason() {}

  static String of(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or directory";
    }
    return e instanceof AccessDeniedException ? "no permission" : String.valueOf(e.getMessage());
  }
}
