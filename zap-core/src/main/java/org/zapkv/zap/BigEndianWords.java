// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** 64-bit integers in arrays, the most significant byte first, as values have them. */
final class BigEndianWords {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private BigEndianWords() {}

  static long get(byte[] bytes, int offset) {
    return (long) WORDS.get(bytes, offset);
  }

  static void put(byte[] bytes, int offset, long word) {
    WORDS.set(bytes, offset, word);
  }
}
