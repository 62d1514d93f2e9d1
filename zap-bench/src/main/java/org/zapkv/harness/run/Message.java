// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link KillChild} says: a line of its output.
 *
 * @param verb what it is
 * @param words the rest
 */
record Message(Verb verb, List<String> words) {
  /** Before all others: a library may print something and no end of a line. */
  private static final String MARK = "#zap ";

  /** What a child may say; in brackets the words. */
  enum Verb {
    /** The store is about to be opened. */
    OPENING,
    /** The store is open (nanoseconds that it took). */
    OPENED,
    /** An entry is there (map, key, tag, length). */
    ENTRY,
    /** These were all entries. */
    FOUND,
    /** A commit has returned (thread, sequence). */
    ACKNOWLEDGED,
    /** A thread is about to make everything durable (thread). */
    SYNCING,
    /** It has (thread). */
    SYNCED,
    /** Operations were done (how many more). */
    OPERATIONS,
    /** Something was met (event, how often more). */
    EVENT,
    /** All operations are done. */
    WORKED,
    /** The store is closed. */
    CLOSED,
    /** The store did something wrong (kind, step, operation, message). */
    VIOLATION,
    /** The harness itself has failed in it (stack trace). */
    FAILED,
    /** The process has ended; said by nobody but who reads its output. */
    END
  }

  private static final Message LAST = new Message(Verb.END, List.of());

  static Message of(Verb verb, Object... words) {
    return new Message(verb, Arrays.stream(words).map(Object::toString).toList());
  }

  static Message end() {
    return LAST;
  }

  /** The message of a line; null: it is none. */
  static @Nullable Message parse(String line) {
    int mark = line.indexOf(MARK);
    if (mark < 0) {
      return null;
    }
    List<String> all =
        Arrays.stream(line.substring(mark + MARK.length()).split(" ", -1))
            .map(word -> URLDecoder.decode(word, UTF_8))
            .toList();
    return new Message(Verb.valueOf(all.get(0)), all.subList(1, all.size()));
  }

  /** The line, without its end. */
  String line() {
    return words.stream()
        .map(word -> ' ' + URLEncoder.encode(word, UTF_8))
        .collect(Collectors.joining("", MARK + verb, ""));
  }

  String word(int index) {
    return words.get(index);
  }

  int integer(int index) {
    return Integer.parseInt(words.get(index));
  }

  long number(int index) {
    return Long.parseLong(words.get(index));
  }
}
