// SPDX-License-Identifier: Apache-2.0
package org.zapkv.format;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A decoder of LZ4 blocks, after their public description. */
final class Lz4 {
  private Lz4() {}

  /** Gives as many bytes as there are, which must not be more than said. */
  static byte[] decode(ByteBuffer input, int from, int length, int mostBytes) {
    byte[] output = new byte[mostBytes];
    int at = from;
    int end = from + length;
    int done = 0;
    while (at < end) {
      int token = Byte.toUnsignedInt(input.get(at++));
      int literals = token >>> 4;
      for (int more = literals == 15 ? 255 : 0; more == 255; literals += more) {
        more = Byte.toUnsignedInt(input.get(at++));
      }
      for (int i = 0; i < literals; i++) {
        output[done++] = input.get(at++);
      }
      if (at == end) {
        break;
      }
      int distance = Short.toUnsignedInt(input.getShort(at));
      at += 2;
      int match = token & 15;
      for (int more = match == 15 ? 255 : 0; more == 255; match += more) {
        more = Byte.toUnsignedInt(input.get(at++));
      }
      for (int i = 0; i < match + 4; i++, done++) {
        output[done] = output[done - distance];
      }
    }
    return Arrays.copyOf(output, done);
  }
}
