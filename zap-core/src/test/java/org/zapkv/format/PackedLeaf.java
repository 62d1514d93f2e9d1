// SPDX-License-Identifier: Apache-2.0
package org.zapkv.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** Unpacks leaves by the document, section 15; slowly. */
final class PackedLeaf {
  private final ByteBuffer packed;
  private final ByteBuffer leaf;

  /** The numbers of all chunks, in the order that they are used in. */
  private final Deque<Integer> chunks = new ArrayDeque<>();

  private int size;
  private int nameLength;
  private int count;

  private PackedLeaf(byte[] packed, int logical) {
    this.packed = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
    this.leaf = ByteBuffer.allocate(logical).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] unpack(byte[] packed, int logical) {
    return new PackedLeaf(packed, logical).unpack();
  }

  private byte[] unpack() {
    long prefix = packed.getLong(0);
    int prefixLength = packed.get(14);
    for (int at = packed.getInt(8); at < packed.capacity(); at += 3) {
      for (int i = 0; i < Byte.toUnsignedInt(packed.get(at + 2)); i++) {
        chunks.add(packed.getChar(at) + i);
      }
    }
    leaf.putLong(0, 0x8000000000000000L).putLong(16, prefix).putInt(24, 0x2AB1EAF);
    leaf.putShort(32, (short) prefixLength).put(36, packed.get(15));
    leaf.putShort(30, packed.getShort(12));
    Arrays.fill(leaf.array(), 48, 48 + leaf.capacity() / 16, (byte) 0xFF);
    packed.position(16);
    int link = 0;
    int bucketBefore = -1;
    for (int i = 0; i < packed.getChar(12); i++) {
      int control = packed.get();
      long hash = 0;
      for (int b = 0; b <= (control & 7); b++) {
        hash |= (packed.get() & 0xFFL) << (56 - 8 * b);
      }
      int bits = Integer.numberOfTrailingZeros(leaf.capacity()) - 5;
      int bucket = (int) (hash >>> (64 - bits));
      hash = hash >>> prefixLength | (prefixLength == 0 ? 0 : prefix << (64 - prefixLength));
      link = bucket == bucketBefore ? link : 48 + 2 * bucket;
      bucketBefore = bucket;
      leaf.putShort(link, (short) (int) chunks.getFirst());
      link = entry(control, hash) + 2;
    }
    leaf.putShort(28, (short) chunks.size());
    leaf.putShort(34, (short) chain(253, new byte[0], chunks.size()));
    return leaf.array();
  }

  private int at(int chunk) {
    return 48 + leaf.capacity() / 16 + 24 * chunk;
  }

  private int entry(int control, long hash) {
    if ((control & 0x08) == 0) {
      boolean isWide = (control & 0x10) != 0;
      size = packed.get() & 0xFF;
      nameLength = isWide ? packed.getChar() : packed.get() & 0xFF;
      count = isWide ? packed.getChar() : packed.get() & 0xFF;
    }
    int cd = (control & 0x20) != 0 ? packed.getInt() : 0;
    int at = at(chunks.remove());
    leaf.put(at, (byte) 252).put(at + 1, (byte) size).putShort(at + 2, (short) -1);
    leaf.putShort(at + 6, (short) nameLength).putShort(at + 10, (short) count);
    leaf.putInt(at + 12, cd).putLong(at + 16, hash);
    byte[] name = new byte[nameLength];
    packed.get(name, 0, nameLength - 1);
    leaf.putShort(at + 4, (short) chain(251, name, (nameLength + 20) / 21));
    int valueBytes = (size & 15) * count;
    int valueChunks = (valueBytes + 20) / 21;
    byte[] value = new byte[(control & 0x40) != 0 ? 21 * valueChunks : valueBytes];
    packed.get(value);
    leaf.putShort(at + 8, (short) chain(251, value, valueChunks));
    return at;
  }

  /** Fills the next chunks with bytes, each linked to the next; gives the first. */
  private int chain(int type, byte[] bytes, int length) {
    int first = 0xFFFF;
    int link = -1;
    for (int i = 0; i < length; i++) {
      int chunk = chunks.remove();
      if (i == 0) {
        first = chunk;
      } else {
        leaf.putShort(link, (short) chunk);
      }
      leaf.put(at(chunk), (byte) type);
      if (21 * i < bytes.length) {
        leaf.put(at(chunk) + 1, bytes, 21 * i, Math.min(21, bytes.length - 21 * i));
      }
      link = at(chunk) + 22;
      leaf.putShort(link, (short) -1);
    }
    return first;
  }
}
