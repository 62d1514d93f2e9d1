// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.List;

/** A table in Markdown. Used by one thread at a time. */
final class Table {
  private final StringBuilder text = new StringBuilder();

  /** The first column is of words, the others are of figures. */
  Table(String... headings) {
    row(List.of(headings));
    text.append("| ---").append(" | --:".repeat(headings.length - 1)).append(" |\n");
  }

  Table row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
