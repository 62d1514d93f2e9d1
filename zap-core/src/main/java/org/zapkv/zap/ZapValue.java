// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.zapkv.error.ValueTypeException;

/**
 * What a map holds under a key: an array of integers that all have the same size of 1, 2, 4 or 8
 * bytes. The array may be empty.
 *
 * <p>The bytes are not copied, neither in nor out: whoever makes a value leaves its array alone as
 * long as the value is in use, and a value that was read belongs to the reader.
 *
 * @param integerBytes the size of one integer: 1, 2, 4 or 8
 * @param bytes the integers one after another, each with its most significant byte first
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode look at the content
public record ZapValue(int integerBytes, byte[] bytes) {

  /** The longest value that a map can hold, in bytes. */
  public static final int MAX_BYTES = 8192;

  /** No integers at all. */
  static final ZapValue NOTHING = new ZapValue(1, new byte[0]);

  /**
   * Checks that the array holds whole integers.
   *
   * @param integerBytes the size of one integer: 1, 2, 4 or 8
   * @param bytes the integers one after another, each with its most significant byte first
   * @throws IllegalArgumentException if the integer size is not 1, 2, 4 or 8, or the array does not
   *     hold a whole number of integers
   */
  public ZapValue {
    if (!isIntegerSize(integerBytes)) {
      throw new IllegalArgumentException(
          "integerBytes=" + integerBytes + ": an integer has 1, 2, 4 or 8 bytes");
    }
    if (bytes.length % integerBytes != 0) {
      throw new IllegalArgumentException(
          "bytes.length=" + bytes.length + " is no multiple of integerBytes=" + integerBytes);
    }
  }

  /**
   * One 64-bit integer: the value that a micro map can hold.
   *
   * @param value the integer
   * @return it as a value
   */
  public static ZapValue ofLong(long value) {
    byte[] bytes = new byte[Long.BYTES];
    for (int i = 0; i < Long.BYTES; i++) {
      bytes[i] = (byte) (value >>> (56 - 8 * i));
    }
    return new ZapValue(Long.BYTES, bytes);
  }

  /**
   * Bytes: integers of size 1.
   *
   * @param bytes the bytes, not copied
   * @return them as a value
   */
  public static ZapValue ofBytes(byte[] bytes) {
    return new ZapValue(1, bytes);
  }

  static boolean isIntegerSize(int integerBytes) {
    return integerBytes == 1 || integerBytes == 2 || integerBytes == 4 || integerBytes == 8;
  }

  /**
   * How many integers there are.
   *
   * @return the number, 0 or more
   */
  public int count() {
    return bytes.length / integerBytes;
  }

  /**
   * Whether this is exactly one 64-bit integer.
   *
   * @return true if {@link #asLong()} gives it
   */
  public boolean isLong() {
    return integerBytes == Long.BYTES && bytes.length == Long.BYTES;
  }

  /**
   * The one 64-bit integer.
   *
   * @return the integer
   * @throws IllegalStateException if this is not exactly one 64-bit integer
   */
  public long asLong() {
    if (!isLong()) {
      throw new IllegalStateException(this + " is not one 64-bit integer");
    }
    return integer(0);
  }

  /**
   * One integer, widened without its sign.
   *
   * @param index which one, from 0
   * @return the integer
   * @throws IndexOutOfBoundsException if there is no such integer
   */
  public long integer(int index) {
    int start = Objects.checkIndex(index, count()) * integerBytes;
    long value = 0;
    for (int i = start; i < start + integerBytes; i++) {
      value = value << 8 | (bytes[i] & 0xFF);
    }
    return value;
  }

  /**
   * All integers, widened without their signs.
   *
   * @return a new array
   */
  public long[] toLongs() {
    long[] integers = new long[count()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = integer(i);
    }
    return integers;
  }

  /**
   * Writes the integers, as many as there is room for, in the byte order of a buffer, each widened
   * without its sign.
   *
   * @param size the size that each integer gets, in bytes: 1, 2, 4 or 8
   * @param destination written from its position on, which then is after the last integer
   * @return how many integers there are, which is more than were written when the room was short
   * @throws IllegalArgumentException if the size is not 1, 2, 4 or 8
   * @throws ValueTypeException if it is smaller than that of the integers here; nothing is written
   */
  public int writeTo(int size, ByteBuffer destination) {
    if (!isIntegerSize(size)) {
      throw new IllegalArgumentException("size=" + size + ": an integer has 1, 2, 4 or 8 bytes");
    }
    if (size < integerBytes) {
      throw new ValueTypeException(
          "the value has integers of "
              + integerBytes
              + " bytes; they cannot be read as integers of "
              + size);
    }
    int fitting = Math.min(count(), destination.remaining() / size);
    for (int i = 0; i < fitting; i++) {
      write(integer(i), size, destination);
    }
    return count();
  }

  private static void write(long integer, int size, ByteBuffer destination) {
    switch (size) {
      case Byte.BYTES -> destination.put((byte) integer);
      case Short.BYTES -> destination.putShort((short) integer);
      case Integer.BYTES -> destination.putInt((int) integer);
      default -> destination.putLong(integer);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ZapValue that
        && integerBytes == that.integerBytes
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(bytes) + integerBytes;
  }

  @Override
  public String toString() {
    int shown = Math.min(bytes.length, 32);
    return count()
        + " x "
        + integerBytes
        + " bytes: "
        + HexFormat.of().formatHex(bytes, 0, shown)
        + (shown < bytes.length ? "..." : "");
  }
}
