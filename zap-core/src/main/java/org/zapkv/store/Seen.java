// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;
import org.zapkv.zap.ZapValue;

/** What a key had when its stripe was taken. A large value is read when it is asked for. */
final class Seen {
  private final ZapMap map;
  private final byte[] key;
  private final @Nullable ZapValue raw;

  /** Null: not asked for yet. */
  private @Nullable ZapEntry entry;

  private Seen(ZapMap map, byte[] key, @Nullable ZapValue raw) {
    this.map = map;
    this.key = key;
    this.raw = raw;
  }

  /** Of a key whose stripe the caller holds, so that it stays what it is. */
  static Seen of(MapKey key) {
    return new Seen(key.map, key.bytes, key.map.zap().get(key.bytes));
  }

  boolean isThere() {
    return raw != null;
  }

  /** The entry. To be asked for first while the stripe is held: later its value may be gone. */
  @Nullable ZapEntry entry() {
    if (raw == null) {
      return null;
    }
    ZapEntry known = entry;
    if (known == null) {
      known = map.store().values().entry(key, () -> raw);
      entry = known;
    }
    return known;
  }

  /** The value, null without one; a {@link org.zapkv.error.ValueTypeException} if it is a long. */
  byte @Nullable [] bytes() {
    ZapEntry there = entry();
    return there == null ? null : there.value();
  }

  /** The value; a {@link org.zapkv.error.ValueTypeException} if it is bytes. */
  OptionalLong number() {
    ZapEntry there = entry();
    return there == null ? OptionalLong.empty() : OptionalLong.of(there.longValue());
  }

  /** A change that replaces it, once the value is read and found to be bytes, or absent. */
  Change withBytes(Change change) {
    checkForm(false);
    return change;
  }

  /** A change that replaces it, once the value is read and found to be a long, or absent. */
  Change withNumber(Change change) {
    checkForm(true);
    return change;
  }

  private void checkForm(boolean isLong) {
    ZapEntry there = entry();
    if (there != null && there.isLong() != isLong) {
      throw new ValueTypeException(
          "the value of key="
              + Keys.show(key)
              + (isLong ? " is bytes, not a long" : " is a long, not bytes")
              + ": use the form of this call for that; nothing was changed");
    }
  }

  boolean isValue(byte[] expected) {
    if (raw == null || raw.isLong()) {
      return false;
    }
    if (ValueStore.isReference(raw) && ValueStore.referenceLength(raw) != expected.length) {
      return false;
    }
    return Arrays.equals(bytes(), expected);
  }

  boolean isValue(long expected) {
    return raw != null && raw.isLong() && raw.asLong() == expected;
  }

  /** Whether another look gave the same entry. */
  boolean isSame(Seen other) {
    return isThere() == other.isThere() && Objects.equals(entry(), other.entry());
  }
}
