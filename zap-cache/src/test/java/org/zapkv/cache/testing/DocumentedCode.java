// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Code of a document that is run by a test: there it lies between the comments {@code // MARK:
 * begin} and {@code // MARK: end}.
 */
public final class DocumentedCode {
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)\n```");

  private DocumentedCode() {}

  /**
   * What lies between the marks of a source, without the indentation.
   *
   * @param source a source, seen from the module
   * @param mark the mark
   * @return the regions, in order
   * @throws IOException if it cannot be read
   */
  public static List<String> regions(Path source, String mark) throws IOException {
    return Pattern.compile("(?s)// " + mark + ": begin\n(.*?)\n *// " + mark + ": end")
        .matcher(Files.readString(source))
        .results()
        .map(region -> region.group(1).stripTrailing().stripIndent())
        .toList();
  }

  /**
   * Fails if a document has other Java code than a source has between its marks, or in another
   * order.
   *
   * @param source the source
   * @param mark the mark
   * @param document the document, in Markdown
   * @throws IOException if one of them cannot be read
   */
  public static void assertIsThatOf(Path source, String mark, Path document) throws IOException {
    List<String> regions = regions(source, mark);
    List<String> blocks =
        BLOCK.matcher(Files.readString(document)).results().map(block -> block.group(1)).toList();
    assertTrue(!regions.isEmpty(), () -> "no " + mark + " in " + source);
    assertEquals(String.join("\n---\n", regions), String.join("\n---\n", blocks));
  }
}
