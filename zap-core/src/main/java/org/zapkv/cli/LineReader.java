// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines without making them strings. A line ends with a newline, which
 * may have a carriage return before it, or with the stream; neither is part of the line. No more
 * than the longest line allowed is ever in memory.
 */
final class LineReader {
  private static final int BUFFER_BYTES = 256 * 1024;

  private final InputStream in;
  private final int maxLineBytes;
  private byte[] buffer;

  /** The next byte to look at, and the end of what is read. */
  private int position;

  private int limit;

  private int start;
  private int end;
  private long lineNumber;
  private long consumedBytes;
  private boolean tooLong;
  private boolean atEnd;

  LineReader(InputStream in, int maxLineBytes) {
    this(in, maxLineBytes, BUFFER_BYTES);
  }

  LineReader(InputStream in, int maxLineBytes, int bufferBytes) {
    this.in = in;
    this.maxLineBytes = maxLineBytes;
    this.buffer = new byte[bufferBytes];
  }

  /**
   * Goes to the next line.
   *
   * @return false at the end of the stream
   */
  boolean next() throws IOException {
    consumedBytes += position - start;
    start = position;
    tooLong = false;
    int searched = 0;
    while (true) {
      int newline = find(position + searched);
      if (newline >= 0) {
        return endLine(newline, newline + 1);
      }
      searched = limit - position;
      if (searched > maxLineBytes + 1) {
        discard();
        searched = 0;
      }
      if (!fill()) {
        return (limit > start || tooLong) && endLine(limit, limit);
      }
    }
  }

  private boolean endLine(int lineEnd, int nextLine) {
    end = lineEnd > start && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    tooLong |= end - start > maxLineBytes;
    position = nextLine;
    lineNumber++;
    return true;
  }

  private int find(int from) {
    byte[] buffer = this.buffer;
    int limit = this.limit;
    for (int i = from; i < limit; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Forgets the beginning of a line that is too long; its end is still to be found. */
  private void discard() {
    tooLong = true;
    consumedBytes += limit - start;
    start = 0;
    position = 0;
    limit = 0;
  }

  /** Reads more behind what is there, moving the line to the front or making room as needed. */
  private boolean fill() throws IOException {
    if (atEnd) {
      return false;
    }
    if (limit == buffer.length) {
      makeRoom();
    }
    int count = in.read(buffer, limit, buffer.length - limit);
    if (count < 0) {
      atEnd = true;
      return false;
    }
    limit += count;
    return true;
  }

  private void makeRoom() {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, limit - start);
      limit -= start;
      position -= start;
      start = 0;
    } else {
      int most = maxLineBytes + BUFFER_BYTES;
      buffer = Arrays.copyOf(buffer, (int) Math.min(2L * buffer.length, most));
    }
  }

  /** The array that the line is in, from {@link #start()} to {@link #end()}, until the next one. */
  byte[] buffer() {
    return buffer;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  /** Whether the line is longer than allowed; there is nothing of it then. */
  boolean tooLong() {
    return tooLong;
  }

  /** The number of the line, from 1; before the first one 0. */
  long lineNumber() {
    return lineNumber;
  }

  /** How much of the stream is done, the line included. */
  long consumedBytes() {
    return consumedBytes + (position - start);
  }
}
