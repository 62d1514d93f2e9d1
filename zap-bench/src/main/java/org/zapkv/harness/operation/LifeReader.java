// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.LifeFile.FormatException;
import org.zapkv.harness.subject.OpenOptions;

/** Reads the lines of a file of a life. */
final class LifeReader {
  private static final String SEGMENT = "segment";
  private static final String THREAD = "thread";
  private static final String ENDING = "ending ";
  private static final String END = "end";

  private final Path file;
  private final List<String> lines;

  /** The line that comes next, from 0: it is none of those that count for nothing. */
  private int next;

  LifeReader(Path file, List<String> lines) {
    this.file = file;
    this.lines = lines;
    skip();
  }

  Life life() throws FormatException {
    int formatLine = next + 1;
    int format = value("format", words -> words.integer("a format", 0));
    if (format != LifeFile.FORMAT) {
      throw error(
          formatLine,
          "format " + format + ", and this harness knows " + LifeFile.FORMAT + " only.",
          null);
    }
    long seed = value("seed", words -> words.number("a seed"));
    int number = value("life", words -> words.integer("the number of a life", 0));
    String store = value("store", words -> words.word("the name of a class"));
    List<Segment> segments = new ArrayList<>();
    while (isNext(SEGMENT)) {
      segments.add(segment());
    }
    if (!isNext(END)) {
      throw error(next + 1, "\"segment\" or \"end\" should be here.", null);
    }
    if (next < lines.size()) {
      throw error(next + 1, "The file should have ended.", null);
    }
    return new Life(seed, number, store, List.copyOf(segments));
  }

  private Segment segment() throws FormatException {
    OpenOptions options = value("open", LifeReader::options);
    int slow = value("slow", words -> words.integer("I/Os of a thousand", 0));
    List<List<Operation>> threads = new ArrayList<>();
    while (isNext(THREAD)) {
      threads.add(thread());
    }
    String line = next < lines.size() ? line(next) : "";
    if (!line.startsWith(ENDING)) {
      throw error(next + 1, "An operation, \"thread\", or \"ending\" should be here.", null);
    }
    Segment.Ending ending = parsed(line.substring(ENDING.length()), OperationText::parseEnding);
    return new Segment(options, slow, List.copyOf(threads), ending);
  }

  private static OpenOptions options(Words words) {
    return new OpenOptions(
        words.namedNumber("cache"),
        words.namedYesNo("direct"),
        words.namedInteger("leaf", 0),
        words.namedNumber("sync"),
        words.namedInteger("compression", 0));
  }

  private List<Operation> thread() throws FormatException {
    List<Operation> operations = new ArrayList<>();
    while (next < lines.size() && !isHeading(line(next))) {
      operations.add(parsed(line(next), OperationText::parse));
    }
    return List.copyOf(operations);
  }

  private static boolean isHeading(String line) {
    return line.equals(THREAD)
        || line.startsWith(ENDING)
        || line.equals(SEGMENT)
        || line.equals(END);
  }

  /** Takes the next line if it is this. */
  private boolean isNext(String line) {
    boolean isNext = next < lines.size() && line(next).equals(line);
    if (isNext) {
      next++;
      skip();
    }
    return isNext;
  }

  /** Takes the next line: a name, and what it is the name of. */
  private <T> T value(String name, Function<Words, T> parser) throws FormatException {
    return parsed(
        next < lines.size() ? line(next) : "",
        line -> {
          Words words = new Words(line);
          words.expect(name);
          T value = parser.apply(words);
          words.end();
          return value;
        });
  }

  private <T> T parsed(String text, Function<String, T> parser) throws FormatException {
    int number = next + 1;
    try {
      T value = parser.apply(text);
      next++;
      skip();
      return value;
    } catch (IllegalArgumentException e) {
      throw error(number, String.valueOf(e.getMessage()), e);
    }
  }

  private String line(int index) {
    return lines.get(index).stripLeading();
  }

  private void skip() {
    while (next < lines.size() && (line(next).isEmpty() || line(next).startsWith("#"))) {
      next++;
    }
  }

  private FormatException error(int number, String message, @Nullable Exception cause) {
    return new FormatException(file, number, message, cause);
  }
}
