// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.OpenOptions;

/**
 * Lives in files of text, to be read by people and replayed. Lines that are empty or begin with
 * {@code #} count for nothing, and so do spaces at the beginning of a line; operations and endings
 * are as in {@link OperationText}.
 *
 * <pre>
 * format 1
 * seed 4711
 * life 3
 * store org.zapkv.harness.subject.ZapKind
 * segment
 *   open cache=4194304 direct=no leaf=512 sync=5000 compression=1
 *   slow 0
 *   thread
 *     apply DURABLE m0 t0.k1 1f:8
 *   thread
 *     get m0 t0.k1
 *   ending close
 * end
 * </pre>
 */
public final class LifeFile {
  /** The only format so far. */
  static final int FORMAT = 1;

  private static final String COMMENT =
      "# What was done to a store. To do it again: java -jar zap-harness.jar replay FILE\n";

  /** A file that is not one of a life; the message says what is wrong in which line. */
  public static final class FormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int line;

    FormatException(Path file, int line, String message, @Nullable Exception cause) {
      super(file + ": line " + line + ": " + message, cause);
      this.line = line;
    }

    /**
     * Where it is.
     *
     * @return the number of the line, 1 and up
     */
    public int line() {
      return line;
    }
  }

  private LifeFile() {}

  /**
   * Writes a life to a file, instead of what is there.
   *
   * @param file the file
   * @param life what was done
   * @throws IOException if that fails
   * @throws IllegalArgumentException if there is a key or a name that is not one word of printable
   *     ASCII; what is in the file is cut off there
   */
  public static void write(Path file, Life life) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.US_ASCII)) {
      out.write(COMMENT);
      line(out, "format " + FORMAT);
      line(out, "seed " + life.seed());
      line(out, "life " + life.number());
      line(out, "store " + Words.checked(life.store()));
      for (Segment segment : life.segments()) {
        write(out, segment);
      }
      line(out, "end");
    }
  }

  private static void write(Writer out, Segment segment) throws IOException {
    line(out, "segment");
    line(out, "  open " + text(segment.options()));
    line(out, "  slow " + segment.slowPerMille());
    for (List<Operation> thread : segment.operations()) {
      line(out, "  thread");
      for (Operation operation : thread) {
        line(out, "    " + OperationText.of(operation));
      }
    }
    line(out, "  ending " + OperationText.of(segment.ending()));
  }

  private static String text(OpenOptions options) {
    return "cache="
        + options.cacheBytes()
        + " direct="
        + Words.text(options.directIo())
        + " leaf="
        + options.leafBytes()
        + " sync="
        + options.syncMillis()
        + " compression="
        + options.compression();
  }

  private static void line(Writer out, String line) throws IOException {
    out.write(line);
    out.write('\n');
  }

  /**
   * Reads a life from a file.
   *
   * @param file the file
   * @return a life equal to the one that was written
   * @throws FormatException if it is not a life
   * @throws IOException if it cannot be read
   */
  public static Life read(Path file) throws IOException {
    // Bytes that are not ASCII come out as what no line has.
    return new LifeReader(file, Files.readAllLines(file, StandardCharsets.ISO_8859_1)).life();
  }
}
