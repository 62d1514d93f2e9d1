// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.subject.Change;

/**
 * What makes one value of eight bytes of another by addition.
 *
 * @param delta what is added
 * @param sum what comes of it
 */
record Increment(long delta, long sum) {
  /** Null: not both are longs, or no long is what they differ by. */
  static @Nullable Increment of(Edit edit, byte @Nullable [] present) {
    Value value = edit.value();
    boolean isLong = present == null || present.length == Long.BYTES;
    if (value == null || value.lengthBytes() != Long.BYTES || !isLong) {
      return null;
    }
    long from = present == null ? 0 : ByteBuffer.wrap(present).getLong();
    long sum = value.tag();
    long delta = sum - from;
    boolean overflows = ((sum ^ from) & (sum ^ delta)) < 0;
    return overflows || delta == 0 ? null : new Increment(delta, sum);
  }

  /** What a key is not: something close to what it is, if it is anything. */
  static byte[] other(byte @Nullable [] present, Change change) {
    if (present == null) {
      byte[] value = change.value();
      return value == null ? new byte[Long.BYTES] : value.clone();
    }
    byte[] other = present.clone();
    other[other.length - 1] ^= 1;
    return other;
  }
}
