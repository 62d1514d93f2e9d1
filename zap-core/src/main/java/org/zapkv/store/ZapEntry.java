// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;

/**
 * A key of a map with its value, which is either bytes or a long. Immutable but for the arrays,
 * which belong to whoever received the entry.
 */
public final class ZapEntry {
  private final byte[] key;
  private final byte @Nullable [] bytes;
  private final long longValue;

  private ZapEntry(byte[] key, byte @Nullable [] bytes, long longValue) {
    this.key = key;
    this.bytes = bytes;
    this.longValue = longValue;
  }

  static ZapEntry ofBytes(byte[] key, byte[] value) {
    return new ZapEntry(key, value, 0);
  }

  static ZapEntry ofLong(byte[] key, long value) {
    return new ZapEntry(key, null, value);
  }

  /** The same entry with arrays of its own. */
  ZapEntry copy() {
    return new ZapEntry(key.clone(), bytes == null ? null : bytes.clone(), longValue);
  }

  /**
   * The key.
   *
   * @return 0 to {@value ZapMap#MAX_KEY_BYTES} bytes, not a copy
   */
  public byte[] key() {
    return key;
  }

  /**
   * The key read as UTF-8.
   *
   * @return the key; bytes that are no UTF-8 come out as replacement characters
   */
  public String keyString() {
    return new String(key, StandardCharsets.UTF_8);
  }

  /**
   * Whether the value is a long.
   *
   * @return true: {@link #longValue()} has it; false: {@link #value()}
   */
  public boolean isLong() {
    return bytes == null;
  }

  /**
   * The value, if it is bytes.
   *
   * @return the bytes, not a copy
   * @throws ValueTypeException if the value is a long
   */
  public byte[] value() {
    if (bytes == null) {
      throw new ValueTypeException(
          "the value of key=" + Keys.show(key) + " is a long: read it with longValue()");
    }
    return bytes;
  }

  /**
   * The value, if it is bytes, read as UTF-8.
   *
   * @return the text; bytes that are no UTF-8 come out as replacement characters
   * @throws ValueTypeException if the value is a long
   */
  public String valueString() {
    return new String(value(), StandardCharsets.UTF_8);
  }

  /**
   * The value, if it is a long.
   *
   * @return the long
   * @throws ValueTypeException if the value is bytes
   */
  public long longValue() {
    if (bytes != null) {
      throw new ValueTypeException(
          "the value of key=" + Keys.show(key) + " is bytes: read it with value()");
    }
    return longValue;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ZapEntry that
        && Arrays.equals(key, that.key)
        && Arrays.equals(bytes, that.bytes)
        && longValue == that.longValue;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(key) + Arrays.hashCode(bytes)) + Long.hashCode(longValue);
  }

  @Override
  public String toString() {
    return Keys.show(key) + "=" + (bytes == null ? Long.toString(longValue) : Keys.show(bytes));
  }
}
