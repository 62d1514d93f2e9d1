// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CodecException;

/** The codec of the keys of a map, or that of its values, with what can be wrong with it. */
final class CodecSide<T> {
  private final String mapName;
  private final String side;
  private final int maxBytes;
  private final Codec<T> codec;
  private final boolean isLongs;

  private CodecSide(String mapName, String side, int maxBytes, Codec<T> codec) {
    this.mapName = mapName;
    this.side = side;
    this.maxBytes = maxBytes;
    this.codec = codec;
    // A codec is what it is, also behind a cast.
    Object same = codec;
    this.isLongs = same == Codecs.LONGS;
  }

  static <K> CodecSide<K> ofKeys(String mapName, Codec<K> codec) {
    return new CodecSide<>(
        mapName, "key", ZapMap.MAX_KEY_BYTES, Objects.requireNonNull(codec, "keyCodec"));
  }

  static <V> CodecSide<V> ofValues(String mapName, Codec<V> codec) {
    return new CodecSide<>(
        mapName, "value", ZapMap.MAX_VALUE_BYTES, Objects.requireNonNull(codec, "valueCodec"));
  }

  /** The bytes of an object, in an array that no one else has. */
  byte[] encode(T object) {
    Objects.requireNonNull(object, side);
    byte[] bytes;
    try {
      bytes = codec.encode(object);
    } catch (RuntimeException e) {
      throw new CodecException(what("encode") + " threw: " + e, e);
    }
    if (bytes == null) {
      throw new CodecException(what("encode") + " returned null" + NOTHING);
    }
    if (bytes.length > maxBytes) {
      throw new CodecException(
          what("encode")
              + " returned "
              + bytes.length
              + " bytes: a "
              + side
              + " has at most "
              + maxBytes
              + NOTHING);
    }
    return bytes.clone();
  }

  private static final String NOTHING = "; nothing was changed: mend the codec, or the object";

  /**
   * As {@link #encode} for an object of any class.
   *
   * @return null if it is of a class that the codec is not for
   */
  @SuppressWarnings("unchecked") // that it may not be is what this is for
  byte @Nullable [] encodeAny(Object object) {
    try {
      return encode((T) object);
    } catch (CodecException e) {
      if (e.getCause() instanceof ClassCastException) {
        return null;
      }
      throw e;
    }
  }

  /** The object of bytes, which are the codec's from now on. */
  T decode(byte[] bytes) {
    T object;
    try {
      object = codec.decode(bytes);
    } catch (RuntimeException e) {
      throw new CodecException(what("decode") + " threw: " + e, e);
    }
    if (object == null) {
      throw new CodecException(what("decode") + " returned null" + NOTHING);
    }
    return object;
  }

  /** A change that puts a value. */
  Change put(MapKey key, T value) {
    Object same = Objects.requireNonNull(value, side);
    return isLongs && same instanceof Long number
        ? Change.putLong(key, number)
        : Change.put(key, encode(value));
  }

  /** The value of an entry, null without one. A copy of its bytes is given to the codec. */
  @SuppressWarnings("unchecked") // T is Long
  @Nullable T valueOf(@Nullable ZapEntry entry) {
    if (entry == null) {
      return null;
    }
    return isLongs ? (T) (Object) entry.longValue() : decode(entry.value().clone());
  }

  private String what(String method) {
    return "the " + side + " codec of map \"" + mapName + "\": " + method;
  }
}
