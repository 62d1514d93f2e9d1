// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;
import org.zapkv.zap.ZapValue;

/*
 * Values that are not passed as one array: as streams, in buffers, shown to a reader. A part of
 * ZapMap.
 */
abstract sealed class StreamMap extends AtomicMap permits ZapMap {
  private static final int ABSENT = -1;

  StreamMap() {}

  abstract void checkAlive();

  abstract @Nullable ZapValue rawValue(byte[] key);

  /**
   * Adds or replaces an entry.
   *
   * @param key the key, not null
   * @param value the value, not null
   */
  public abstract void put(byte[] key, byte[] value);

  /**
   * The value of a key.
   *
   * @param key the key, not null
   * @return a new array with the value, or null if the key is not there
   */
  public abstract byte @Nullable [] get(byte[] key);

  /**
   * Begins to write a value of any length, without having all of it in memory: it becomes the key's
   * with {@link ValueOutputStream#commit}.
   *
   * @param key the key, not null; copied
   * @return a stream, to be closed; what is not committed by then changes nothing
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   */
  public ValueOutputStream newValue(byte[] key) {
    Keys.check(key);
    store().gate().checkOpen();
    store().checkWritable();
    checkAlive();
    MapKey mapKey = keyOf(key.clone());
    return new ValueOutputStream(new ValueUpload(store(), mapKey), durability());
  }

  /**
   * As {@link #newValue(byte[])}, for a key that is a text.
   *
   * @param key the key, not null
   * @return a stream, to be closed
   */
  public ValueOutputStream newValue(String key) {
    return newValue(Keys.utf8(key));
  }

  /**
   * Opens a value that is bytes, of any length, for reading without having all of it in memory.
   *
   * @param key the key, not null
   * @return a stream of the value that the key has now, to be closed; null if the key is not there
   * @throws ValueTypeException if the value is a long
   */
  public @Nullable ValueInputStream openValue(byte[] key) {
    byte[] own = Keys.check(key).clone();
    int slot = store().gate().enter();
    try {
      return store().values().open(store(), own, () -> rawValue(own));
    } finally {
      store().gate().exit(slot);
    }
  }

  /**
   * As {@link #openValue(byte[])}, for a key that is a text.
   *
   * @param key the key, not null
   * @return a stream, to be closed; null if the key is not there
   */
  public @Nullable ValueInputStream openValue(String key) {
    return openValue(Keys.utf8(key));
  }

  /**
   * Adds or replaces an entry. Of each buffer, on the heap or not, what is between its position and
   * its limit is taken; neither is changed, and the buffers are not needed afterwards.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@value
   *     ZapMap#MAX_VALUE_BYTES} bytes
   */
  public void put(ByteBuffer key, ByteBuffer value) {
    Objects.requireNonNull(value, "value");
    put(ByteBuffers.key(key), ByteBuffers.value(value));
  }

  /**
   * Copies the value of a key into a buffer, on the heap or not: from its position on, as much as
   * there is room for up to its limit. The bytes behind that stay as they are, and so do the
   * position and the limit of both buffers: what was read is from the position on.
   *
   * @param key the key, from the position to the limit, not null
   * @param destination takes the value; with room for nothing it only asks for the length
   * @return the length of the value, which may be more than there is room for; -1 if the key is not
   *     there
   * @throws ValueTypeException if the value is a long
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   * @throws java.nio.ReadOnlyBufferException if the destination cannot be written
   */
  public int get(ByteBuffer key, ByteBuffer destination) {
    ByteBuffers.checkWritable(destination);
    byte[] value = get(ByteBuffers.key(key));
    if (value == null) {
      return ABSENT;
    }
    ByteBuffers.copy(value, destination);
    return value.length;
  }

  /**
   * Shows the value of a key to a reader, and returns what that makes of it. The reader sees one
   * value that was there at some moment during the call, whole, whatever others do meanwhile, as it
   * sees a copy. Nothing is locked while it runs: it may use the map and the store, and may throw,
   * which ends the call.
   *
   * @param key the key, not null
   * @param reader is called once if the key is there, on this thread, with a view that is good
   *     during the call only
   * @param <T> what the reader makes of the value
   * @return what the reader has returned; null, too, if the key is not there
   * @throws ValueTypeException if the value is a long
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value ZapMap#MAX_KEY_BYTES}
   *     bytes
   */
  public <T> @Nullable T read(byte[] key, ValueReader<T> reader) {
    Objects.requireNonNull(reader, "reader");
    byte[] value = get(key);
    return value == null ? null : reader.read(ByteBuffer.wrap(value).asReadOnlyBuffer());
  }
}
