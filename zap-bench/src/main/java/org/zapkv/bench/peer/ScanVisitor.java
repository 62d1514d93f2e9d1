// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads every word of every value of a scan, as somebody who scans a store for its values would.
 * Used by one thread at a time.
 */
public final class ScanVisitor {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private long entries;
  private long marks;
  private long words;

  /** Of no entry yet. */
  public ScanVisitor() {}

  /**
   * Reads a value.
   *
   * @param value its bytes
   */
  public void value(byte[] value) {
    value(value, value.length);
  }

  /**
   * Reads a value that an array begins with.
   *
   * @param value its bytes, and others after them
   * @param length how many are its own
   */
  public void value(byte[] value, int length) {
    entries++;
    marks += (long) LONG.get(value, 0);
    long sum = 0;
    for (int at = Long.BYTES; at <= length - Long.BYTES; at += Long.BYTES) {
      sum += (long) LONG.get(value, at);
    }
    words += sum;
  }

  /**
   * Reads a value where it is.
   *
   * @param value its bytes, big-endian, from position to limit
   */
  public void value(ByteBuffer value) {
    entries++;
    int at = value.position();
    int last = value.limit() - Long.BYTES;
    marks += value.getLong(at);
    long sum = 0;
    for (at += Long.BYTES; at <= last; at += Long.BYTES) {
      sum += value.getLong(at);
    }
    words += sum;
  }

  /**
   * How many values there were.
   *
   * @return 0 or more
   */
  public long entries() {
    return entries;
  }

  /**
   * The sum of what the values begin with.
   *
   * @return a sum that may have overflowed
   */
  public long marks() {
    return marks;
  }

  /**
   * The sum of their other words, which only shows that they were read.
   *
   * @return a sum that may have overflowed
   */
  public long words() {
    return words;
  }
}
