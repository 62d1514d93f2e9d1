// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.zapkv.cache.memory.NativeMemory;

/**
 * On disk, little-endian: where the current version of a bitmap or an index node is. All zeros:
 * there is none, everything but the fixed parts is free.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | checksum                          | birth group                       |
 *  16   | used units      |slt| zero        | zero                              |
 * </pre>
 */
final class SpaceEntryLayout {
  static final int CHECKSUM = 0;
  static final int BIRTH_GROUP = CHECKSUM + Long.BYTES;
  static final int USED_UNITS = BIRTH_GROUP + Long.BYTES;
  static final int SLOT = USED_UNITS + Integer.BYTES;
  static final int SIZE_BYTES = 32;

  private SpaceEntryLayout() {}

  static void encode(SpaceEntry entry, long address) {
    NativeMemory.fill(address, SIZE_BYTES, (byte) 0);
    NativeMemory.putLong(address + CHECKSUM, entry.checksum());
    NativeMemory.putLong(address + BIRTH_GROUP, entry.birthGroup());
    NativeMemory.putInt(address + USED_UNITS, entry.usedUnits());
    NativeMemory.putByte(address + SLOT, entry.slot());
  }

  static SpaceEntry decode(long address) {
    long birthGroup = NativeMemory.getLong(address + BIRTH_GROUP);
    if (birthGroup == 0) {
      return SpaceEntry.EMPTY;
    }
    return new SpaceEntry(
        NativeMemory.getLong(address + CHECKSUM),
        birthGroup,
        NativeMemory.getInt(address + USED_UNITS),
        NativeMemory.getUnsignedByte(address + SLOT));
  }
}
