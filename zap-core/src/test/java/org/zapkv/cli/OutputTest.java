// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class OutputTest {
  /** A stream that takes nothing. */
  private static final class Refusing extends OutputStream {
    private final String reason;

    Refusing(String reason) {
      this.reason = reason;
    }

    @Override
    public void write(int b) throws IOException {
      throw new IOException(reason);
    }
  }

  @Test
  void shouldWriteEverythingInOrder() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    ByteArrayOutputStream actual = new ByteArrayOutputStream();
    Output out = new Output(actual);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[random.nextInt(random.nextBoolean() ? 10 : 100_000)];
      random.nextBytes(bytes);
      out.write(bytes);
      out.write(i);
      expected.writeBytes(bytes);
      expected.write(i);
    }
    out.flush();
    assertArrayEquals(expected.toByteArray(), actual.toByteArray(), "seed=" + seed);
  }

  @Test
  void shouldTellAReaderThatHasGoneFromAFullDisk() {
    Output gone = new Output(new Refusing("Broken pipe"));
    gone.println("x");
    assertTrue(assertThrows(OutputFailedException.class, gone::flush).readerHasGone());
    Output full = new Output(new Refusing("No space left on device"));
    full.println("x");
    OutputFailedException failure = assertThrows(OutputFailedException.class, full::flush);
    assertFalse(failure.readerHasGone());
    assertEquals("cannot write the output: No space left on device", failure.getMessage());
  }
}
