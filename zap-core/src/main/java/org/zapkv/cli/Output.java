// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output: buffered, UTF-8 whatever the locale, and with failures that are noticed. Used by
 * one thread at a time.
 */
final class Output extends OutputStream {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int used;

  Output(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) {
    if (used == buffer.length) {
      writeOut();
    }
    buffer[used++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int from = offset;
    int end = offset + length;
    while (from < end) {
      if (used == buffer.length) {
        writeOut();
      }
      int part = Math.min(end - from, buffer.length - used);
      System.arraycopy(bytes, from, buffer, used, part);
      used += part;
      from += part;
    }
  }

  @Override
  public void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  void print(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  void println(String line) {
    print(line);
    write('\n');
  }

  @Override
  public void flush() {
    writeOut();
    try {
      out.flush();
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }

  private void writeOut() {
    int length = used;
    used = 0; // what could not be written is not tried again
    try {
      out.write(buffer, 0, length);
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }
}
