// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LittleEndian.LONGS;

import org.zapkv.cache.memory.NativeMemory;

/** Access to an entry of a micro block, by the block's address and the entry's slot. */
final class MicroEntry {
  /** The lowest bit of each byte of a word, and the highest. */
  private static final long LOW_BITS = 0x0101010101010101L;

  private static final long HIGH_BITS = 0x8080808080808080L;

  private MicroEntry() {}

  private static long at(long address, int slot) {
    return address + MicroLayout.entryOffset(slot);
  }

  private static long nameAt(long address, int slot) {
    return at(address, slot) + MicroLayout.ENTRY_NAME_OFFSET;
  }

  static boolean isUsed(long address, int slot) {
    return NativeMemory.getByte(nameAt(address, slot)) != 0;
  }

  static long cd(long address, int slot) {
    return NativeMemory.getUnsignedInt(at(address, slot) + MicroLayout.ENTRY_CD_OFFSET);
  }

  static long value(long address, int slot) {
    return NativeMemory.getLong(at(address, slot) + MicroLayout.ENTRY_VALUE_OFFSET);
  }

  static void setValue(long address, int slot, long value) {
    NativeMemory.putLong(at(address, slot) + MicroLayout.ENTRY_VALUE_OFFSET, value);
  }

  /** The name; longer than a name can be when there is no NUL in its field. */
  static byte[] key(long address, int slot) {
    byte[] key = new byte[keyBytes(nameAt(address, slot))];
    NativeMemory.copyToArray(nameAt(address, slot), key, 0, key.length);
    return key;
  }

  private static int keyBytes(long name) {
    int length = 0;
    while (length < MicroLayout.NAME_FIELD_BYTES && NativeMemory.getByte(name + length) != 0) {
      length++;
    }
    return length;
  }

  /** Copies the name to where there is room for its whole field; returns how long it is. */
  static int copyKey(long address, int slot, byte[] destination, int offset) {
    long name = nameAt(address, slot);
    int length = keyBytes(name);
    NativeMemory.copyToArray(name, destination, offset, length);
    return length;
  }

  /** Whether an entry has a name; the key is one that a micro map could hold, or is not found. */
  static boolean isNamed(long address, int slot, byte[] key) {
    if (key.length > MicroLayout.MAX_NAME_BYTES) {
      return false;
    }
    long name = nameAt(address, slot);
    int last = key.length - Long.BYTES;
    if (last < 0) {
      return isShortName(name, key);
    }
    for (int i = 0; i < last; i += Long.BYTES) {
      if (isDifferent(name + i, (long) LONGS.get(key, i))) {
        return false;
      }
    }
    // The last eight bytes as one word, of which the word before may have had some.
    return !isDifferent(name + last, (long) LONGS.get(key, last))
        && NativeMemory.getByte(name + key.length) == 0;
  }

  /** Whether eight bytes of a name are others than those of a key, or have a NUL. */
  private static boolean isDifferent(long name, long word) {
    boolean hasNul = ((word - LOW_BITS) & ~word & HIGH_BITS) != 0;
    return hasNul || NativeMemory.getLong(name) != word;
  }

  private static boolean isShortName(long name, byte[] key) {
    for (int i = 0; i < key.length; i++) {
      byte b = key[i];
      if (b == 0 || b != NativeMemory.getByte(name + i)) {
        return false;
      }
    }
    return NativeMemory.getByte(name + key.length) == 0;
  }

  static void put(long address, int slot, byte[] key, long cd, long value) {
    clear(address, slot);
    setValue(address, slot, value);
    NativeMemory.putInt(at(address, slot) + MicroLayout.ENTRY_CD_OFFSET, (int) cd);
    NativeMemory.copyFromArray(key, 0, nameAt(address, slot), key.length);
  }

  static void clear(long address, int slot) {
    NativeMemory.fill(at(address, slot), MicroLayout.ENTRY_BYTES, (byte) 0);
  }
}
