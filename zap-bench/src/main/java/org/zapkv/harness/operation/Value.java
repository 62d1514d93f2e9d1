// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A value that says whose it is: its first eight bytes are its tag, which no other value of a run
 * has, and all others follow from it. So a value that is read can be told from every other one, and
 * from a mixture of two. Values with an even tag can be compressed.
 *
 * @param tag never used twice in a run
 * @param lengthBytes its length, 8 or above
 */
public record Value(long tag, int lengthBytes) {
  /** The shortest value. A store of longs may keep one of these as a long. */
  public static final int MIN_BYTES = Long.BYTES;

  private static final int PIECE_BYTES = 32;

  /**
   * A value.
   *
   * @param tag never used twice in a run
   * @param lengthBytes its length
   * @throws IllegalArgumentException if there is no room for the tag
   */
  public Value {
    if (lengthBytes < MIN_BYTES) {
      throw new IllegalArgumentException(
          "lengthBytes=" + lengthBytes + " must be at least " + MIN_BYTES + ".");
    }
  }

  /**
   * The value itself.
   *
   * @return fresh bytes
   */
  public byte[] bytes() {
    byte[] bytes = new byte[lengthBytes];
    SplittableRandom random = new SplittableRandom(tag);
    if ((tag & 1) == 0) {
      byte[] piece = new byte[PIECE_BYTES];
      random.nextBytes(piece);
      fill(bytes, piece);
    } else {
      random.nextBytes(bytes);
    }
    ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN).putLong(0, tag);
    return bytes;
  }

  /** The same piece again and again, each time with its number, so that no two can be swapped. */
  private static void fill(byte[] bytes, byte[] piece) {
    for (int at = 0; at < bytes.length; at += PIECE_BYTES) {
      int number = at / PIECE_BYTES;
      piece[0] = (byte) number;
      piece[1] = (byte) (number >> 8);
      System.arraycopy(piece, 0, bytes, at, Math.min(PIECE_BYTES, bytes.length - at));
    }
  }

  /**
   * The tag of a value that was read.
   *
   * @param bytes the value
   * @return its tag; only if the value is {@code new Value(tag, bytes.length).bytes()} it is one of
   *     a run
   */
  public static long tagOf(byte[] bytes) {
    return bytes.length < MIN_BYTES ? 0 : ByteBuffer.wrap(bytes).getLong(0);
  }
}
