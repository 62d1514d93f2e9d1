// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * The keys of the root directory. Those of maps are names in UTF-8, in which there is never a byte
 * 0xFF; all others begin with one.
 */
final class DirectoryKeys {
  /*
   * The numbers of objects are in hexadecimal digits and not in bytes, as a key with a zero in it
   * does not fit into a micro ZAP.
   */

  private static final byte NO_NAME = (byte) 0xFF;
  private static final byte DROPPED = 'd';
  private static final byte OPTIONS = 'o';
  private static final int HEX = 16;

  private DirectoryKeys() {}

  /** Whether it is the name of a map. */
  static boolean isName(byte[] key) {
    return key.length > 0 && key[0] != NO_NAME;
  }

  /** The key that is there as long as there are maps that were dropped and not freed. */
  static byte[] anyDropped() {
    return new byte[] {NO_NAME, DROPPED};
  }

  /** The key of the note that the map in an object was dropped, and is to be freed. */
  static byte[] dropped(long objectId) {
    return key(DROPPED, objectId);
  }

  /** The key of the options of the map in an object. */
  static byte[] options(long objectId) {
    return key(OPTIONS, objectId);
  }

  private static byte[] key(byte kind, long objectId) {
    byte[] digits = Long.toHexString(objectId).getBytes(US_ASCII);
    byte[] key = new byte[2 + digits.length];
    key[0] = NO_NAME;
    key[1] = kind;
    System.arraycopy(digits, 0, key, 2, digits.length);
    return key;
  }

  /** The object of a note that a map was dropped; null: the key is something else. */
  static @Nullable Long droppedObject(byte[] key) {
    return objectOf(DROPPED, key);
  }

  /** The object whose map's options it is the key of; null: the key is something else. */
  static @Nullable Long optionsObject(byte[] key) {
    return objectOf(OPTIONS, key);
  }

  private static @Nullable Long objectOf(byte kind, byte[] key) {
    if (key.length < 3 || key[0] != NO_NAME || key[1] != kind) {
      return null;
    }
    try {
      return Long.parseUnsignedLong(new String(key, 2, key.length - 2, US_ASCII), HEX);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
