// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes what a run tells people and programs. */
public final class ReportFiles {
  private ReportFiles() {}

  /**
   * Writes a page, JSON, and text, over files of those names that are there.
   *
   * @param directory where; made if it is missing
   * @param name what the names of the files begin with
   * @param result the run
   * @return the page
   * @throws IOException if they cannot be written
   */
  public static Path write(Path directory, String name, Result result) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(name + ".txt"), Summary.of(result));
    Files.writeString(directory.resolve(name + ".json"), ResultJson.of(result));
    return Files.writeString(directory.resolve(name + ".html"), HtmlPage.of(result));
  }
}
