// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Locale;

/** Prints figures, each in a line with its name. */
final class Figures {
  private final Output out;

  Figures(Output out) {
    this.out = out;
  }

  Output out() {
    return out;
  }

  void line(String name, String value) {
    out.println(String.format(Locale.ROOT, "%-14s %s", name, value));
  }

  /** A number of bytes, in a large unit and exactly. */
  static String bytes(long bytes) {
    return Sizes.show(bytes) + (bytes < 1024 ? "" : " (" + Sizes.count(bytes) + " bytes)");
  }
}
