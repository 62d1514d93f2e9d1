// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The codecs that come with the library. */
final class Codecs {
  static final Codec<String> UTF_8 = Codec.of(Keys::utf8, Codecs::text);
  static final Codec<Long> LONGS = Codec.of(Codecs::bytesOf, Codecs::longOf);
  static final Codec<UUID> UUIDS = Codec.of(Codecs::bytesOf, Codecs::uuidOf);
  static final Codec<byte[]> BYTES = Codec.of(bytes -> bytes, bytes -> bytes);

  private static final int UUID_BYTES = 2 * Long.BYTES;

  private Codecs() {}

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      // Replacement characters would make different keys the same.
      throw new IllegalArgumentException(Keys.show(bytes) + " is not UTF-8", e);
    }
  }

  private static byte[] bytesOf(long number) {
    byte[] bytes = new byte[Long.BYTES];
    BigEndian.putLong(bytes, 0, number);
    return bytes;
  }

  private static long longOf(byte[] bytes) {
    return BigEndian.getLong(checkLength(bytes, Long.BYTES), 0);
  }

  private static byte[] bytesOf(UUID uuid) {
    byte[] bytes = new byte[UUID_BYTES];
    BigEndian.putLong(bytes, 0, uuid.getMostSignificantBits());
    BigEndian.putLong(bytes, Long.BYTES, uuid.getLeastSignificantBits());
    return bytes;
  }

  private static UUID uuidOf(byte[] bytes) {
    checkLength(bytes, UUID_BYTES);
    return new UUID(BigEndian.getLong(bytes, 0), BigEndian.getLong(bytes, Long.BYTES));
  }

  private static byte[] checkLength(byte[] bytes, int length) {
    if (bytes.length != length) {
      throw new IllegalArgumentException(
          Keys.show(bytes) + " has " + bytes.length + " bytes instead of " + length);
    }
    return bytes;
  }
}
