// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

/** Argument checks that all devices share. */
final class Transfers {
  private Transfers() {}

  static void check(String name, long offsetBytes, int lengthBytes) {
    if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes + lengthBytes < 0) {
      throw new IllegalArgumentException(
          name + ": offsetBytes=" + offsetBytes + " lengthBytes=" + lengthBytes);
    }
  }

  static void checkSize(String name, long sizeBytes) {
    if (sizeBytes < 0) {
      throw new IllegalArgumentException(name + ": sizeBytes=" + sizeBytes);
    }
  }

  static String range(long offsetBytes, int lengthBytes) {
    return "offset=" + offsetBytes + " length=" + lengthBytes;
  }
}
