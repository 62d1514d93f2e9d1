// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;

/**
 * Turns objects into the bytes of keys or values and back, for a {@link TypedMap}.
 *
 * <p>Two objects are the same key if their bytes are the same: so those of equal keys have to be
 * equal, and those of different keys different. A codec is called by many threads at once. It may
 * be called while a key is locked, and must not use the store. What it does wrong (an exception,
 * null, too many bytes) comes out as a {@link org.zapkv.error.CodecException}, before anything is
 * changed; the arrays that it returns are copied, those that it is given are its own. So a bad
 * codec can lose the meaning of what it wrote, but cannot damage the map.
 *
 * @param <T> what it is for; no nulls
 */
public interface Codec<T> {

  /**
   * The bytes of an object.
   *
   * @param object not null
   * @return not null; of a key at most {@value ZapMap#MAX_KEY_BYTES} bytes, of a value at most
   *     {@value ZapMap#MAX_VALUE_BYTES}
   */
  byte[] encode(T object);

  /**
   * The object of bytes.
   *
   * @param bytes what {@link #encode} returned; or anything else that somebody has put into the map
   * @return not null
   */
  T decode(byte[] bytes);

  /**
   * Texts as their UTF-8.
   *
   * @return a codec that refuses texts that have none (half a surrogate pair), and bytes that are
   *     not UTF-8
   */
  static Codec<String> utf8() {
    return Codecs.UTF_8;
  }

  /**
   * Longs. As keys they are 8 bytes, most significant first; as values they are the longs of {@link
   * ZapMap#putLong}, so that {@link ZapMap#increment} and their like work on them.
   *
   * @return a codec that refuses other bytes
   */
  static Codec<Long> longs() {
    return Codecs.LONGS;
  }

  /**
   * UUIDs as 16 bytes, most significant first.
   *
   * @return a codec that refuses other bytes
   */
  static Codec<UUID> uuids() {
    return Codecs.UUIDS;
  }

  /**
   * Bytes as they are. As keys they are compared by content, which collections of Java do not do.
   *
   * @return a codec
   */
  static Codec<byte[]> bytes() {
    return Codecs.BYTES;
  }

  /**
   * A codec of two functions, for a record for instance.
   *
   * @param <T> what it is for
   * @param encode as {@link #encode}, not null
   * @param decode as {@link #decode}, not null
   * @return a codec that calls them
   */
  static <T> Codec<T> of(Function<? super T, byte[]> encode, Function<byte[], ? extends T> decode) {
    Objects.requireNonNull(encode, "encode");
    Objects.requireNonNull(decode, "decode");
    return new Codec<>() {
      @Override
      public byte[] encode(T object) {
        return encode.apply(object);
      }

      @Override
      public T decode(byte[] bytes) {
        return decode.apply(bytes);
      }
    };
  }
}
