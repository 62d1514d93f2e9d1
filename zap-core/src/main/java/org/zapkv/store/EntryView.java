// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapValue;

/**
 * An entry as a walk sees it: {@link ZapMap#scan} and {@link ZapMap#scanParallel} show one entry
 * after another through the same object, so that a walk allocates nothing for entries of which
 * nothing is kept.
 *
 * <p>Good during the call that it was handed to, on that call's thread. What it gives out are
 * copies, the caller's to keep. Used later it is safe, but shows some other entry, or throws {@link
 * NoSuchElementException}.
 */
public final class EntryView {
  /*
   * Implementation notes
   *
   * The cursor has copied the entry to the heap. So nothing here enters the store's gate but a step
   * for which the cursor has to look at the map, and the reading of a large value, which is done as
   * part of the step: `large` is then the entry as it is now, which may even be a long by then.
   */

  private final ZapMap map;
  private final ZapStore store;
  private final Zap zap;
  private final ZapCursor cursor;

  /** The entry if the cursor has but a reference to its value; else null. */
  private @Nullable ZapEntry large;

  /** A view before the first entry. */
  EntryView(ZapMap map, Zap zap, ZapCursor cursor) {
    this.map = map;
    this.store = map.store();
    this.zap = zap;
    this.cursor = cursor;
  }

  /** A view of what {@link ZapCursor#split} cuts off from what is to come here, or null. */
  @Nullable EntryView split() {
    ZapCursor first = cursor.split();
    return first == null ? null : new EntryView(map, zap, first);
  }

  /** Goes to the next entry; false if there is none. */
  boolean next() {
    large = null;
    if (zap.isClosed()) {
      return end();
    }
    boolean found = cursor.tryNext();
    return (found && isPlain()) || nextInside(found);
  }

  private boolean nextInside(boolean isOnEntry) {
    int slot = store.gate().enter();
    try {
      boolean found = lookInside(isOnEntry);
      return zap.isClosed() ? end() : found;
    } catch (RuntimeException e) {
      if (!map.isEnded(zap)) {
        throw e;
      }
      return end();
    } finally {
      cursor.rest();
      store.gate().exit(slot);
    }
  }

  private boolean lookInside(boolean isOnEntry) {
    boolean found = isOnEntry || cursor.next();
    while (found && !isPlain() && !readLarge()) {
      found = cursor.next();
    }
    return found;
  }

  /**
   * The walk ends with its ZAP: the map was cleared; or, which is thrown, it was dropped, or the
   * store is closed, and nobody is to take that for the end of the map.
   */
  private boolean end() {
    map.isEnded(zap);
    store.gate().checkOpen();
    map.checkAlive();
    large = null;
    cursor.close();
    return false;
  }

  /** Whether the value is bytes or a long, and here. */
  private boolean isPlain() {
    return cursor.integerBytes() == 1 || isOneLong();
  }

  private boolean isOneLong() {
    return cursor.integerBytes() == Long.BYTES && cursor.valueBytes() == Long.BYTES;
  }

  /** Reads the value that there is a reference to; false if the entry has gone meanwhile. */
  private boolean readLarge() {
    byte[] key = cursor.key();
    large = store.values().entry(key, new FirstFromCursor(cursor, zap, key));
    return large != null;
  }

  /**
   * How long the key is.
   *
   * @return 0 to {@value ZapMap#MAX_KEY_BYTES} bytes
   */
  public int keyLength() {
    return cursor.keyBytes();
  }

  /**
   * Copies the key.
   *
   * @param destination where it goes, not null
   * @param offset where it begins there
   * @return how long it is, in bytes
   * @throws IndexOutOfBoundsException if it does not fit there
   */
  public int copyKey(byte[] destination, int offset) {
    cursor.copyKey(destination, offset);
    return cursor.keyBytes();
  }

  /**
   * The key.
   *
   * @return a new array
   */
  public byte[] key() {
    return cursor.key();
  }

  /**
   * The key read as UTF-8.
   *
   * @return the key; bytes that are no UTF-8 come out as replacement characters
   */
  public String keyString() {
    return new String(key(), StandardCharsets.UTF_8);
  }

  /**
   * Whether the value is a long.
   *
   * @return true: {@link #longValue()} has it; false: it is bytes
   */
  public boolean isLong() {
    return large != null ? large.isLong() : isOneLong();
  }

  /**
   * The value, if it is a long.
   *
   * @return the long
   * @throws ValueTypeException if the value is bytes
   */
  public long longValue() {
    if (large != null) {
      return large.longValue();
    }
    if (!isOneLong()) {
      throw new ValueTypeException(
          "the value of key=" + Keys.show(key()) + " is bytes: read it with value()");
    }
    return cursor.longValue();
  }

  /**
   * How long the value is, if it is bytes.
   *
   * @return 0 to {@value ZapMap#MAX_VALUE_BYTES} bytes
   * @throws ValueTypeException if the value is a long
   */
  public int valueLength() {
    if (large != null) {
      return large.value().length;
    }
    checkBytes();
    return cursor.valueBytes();
  }

  /**
   * Copies the value, if it is bytes.
   *
   * @param destination where it goes, not null
   * @param offset where it begins there
   * @return how long it is, in bytes
   * @throws ValueTypeException if the value is a long
   * @throws IndexOutOfBoundsException if it does not fit there
   */
  public int copyValue(byte[] destination, int offset) {
    if (large != null) {
      byte[] value = large.value();
      System.arraycopy(value, 0, destination, offset, value.length);
      return value.length;
    }
    checkBytes();
    cursor.copyValue(destination, offset);
    return cursor.valueBytes();
  }

  /**
   * The value, if it is bytes.
   *
   * @return a new array
   * @throws ValueTypeException if the value is a long
   */
  public byte[] value() {
    byte[] value = new byte[valueLength()];
    copyValue(value, 0);
    return value;
  }

  private void checkBytes() {
    if (isOneLong()) {
      throw new ValueTypeException(
          "the value of key=" + Keys.show(key()) + " is a long: read it with longValue()");
    }
  }

  /**
   * The entry, to be kept.
   *
   * @return a copy
   */
  public ZapEntry toEntry() {
    if (large != null) {
      return large;
    }
    return isOneLong()
        ? ZapEntry.ofLong(key(), cursor.longValue())
        : ZapEntry.ofBytes(key(), value());
  }

  /** The cursor's own copy first, then, for a value of which that is a reference, the map's. */
  private static final class FirstFromCursor implements Supplier<@Nullable ZapValue> {
    private final ZapCursor cursor;
    private final Zap zap;
    private final byte[] key;
    private boolean asked;

    FirstFromCursor(ZapCursor cursor, Zap zap, byte[] key) {
      this.cursor = cursor;
      this.zap = zap;
      this.key = key;
    }

    @Override
    public @Nullable ZapValue get() {
      if (asked) {
        return zap.get(key);
      }
      asked = true;
      return cursor.value();
    }
  }
}
