// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;

/** Copies what is between the position and the limit of buffers, and changes neither. */
final class ByteBuffers {
  private ByteBuffers() {}

  /** The bytes of a key; looks at its length before it takes memory for it. */
  static byte[] key(ByteBuffer key) {
    if (key.remaining() > ZapMap.MAX_KEY_BYTES) {
      throw new KeyTooLongException(
          "key of "
              + key.remaining()
              + " bytes: a key has at most "
              + ZapMap.MAX_KEY_BYTES
              + " bytes");
    }
    return copy(key);
  }

  /** The bytes of a value; looks at its length before it takes memory for it. */
  static byte[] value(ByteBuffer value) {
    if (value.remaining() > ZapMap.MAX_VALUE_BYTES) {
      throw new ValueTooLargeException(
          "value of "
              + value.remaining()
              + " bytes: a value has at most "
              + ZapMap.MAX_VALUE_BYTES
              + " bytes; split it over several keys");
    }
    return copy(value);
  }

  private static byte[] copy(ByteBuffer source) {
    byte[] bytes = new byte[source.remaining()];
    source.get(source.position(), bytes);
    return bytes;
  }

  static void checkWritable(ByteBuffer destination) {
    if (destination.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
  }

  /** Copies as much as there is room for, from the position on. */
  static void copy(byte[] from, ByteBuffer destination) {
    int length = Math.min(from.length, destination.remaining());
    destination.put(destination.position(), from, 0, length);
  }
}
