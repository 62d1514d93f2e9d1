// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.List;

/** A table in Markdown. Used by one thread at a time. */
public final class Table {
  private final StringBuilder text = new StringBuilder();

  /**
   * A table without rows. The first column is of words, the others are of figures.
   *
   * @param headings those of the columns
   */
  public Table(String... headings) {
    row(List.of(headings));
    text.append("| ---").append(" | --:".repeat(headings.length - 1)).append(" |\n");
  }

  /**
   * Adds a row.
   *
   * @param cells as many as there are columns
   * @return this
   */
  public Table row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
