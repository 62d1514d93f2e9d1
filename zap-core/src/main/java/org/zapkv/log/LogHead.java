// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.UUID;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.FormatTooNewException;

/**
 * What never changes about an intent log.
 *
 * @param segmentBytes the size of its segments
 * @param storeId the store that it belongs to
 */
record LogHead(int segmentBytes, UUID storeId) {
  private static final int MIN_SEGMENT_BYTES = 8 << 10;
  private static final int MAX_SEGMENT_BYTES = 1 << 30;

  /** Writes all copies. */
  void encode(long headAddress) {
    NativeMemory.fill(headAddress, LogHeadLayout.HEAD_BYTES, (byte) 0);
    for (int copy = 0; copy < LogHeadLayout.COPIES; copy++) {
      encodeCopy(headAddress + (long) copy * LogHeadLayout.COPY_BYTES);
    }
  }

  private void encodeCopy(long address) {
    NativeMemory.putLong(address + LogHeadLayout.MAGIC, LogHeadLayout.MAGIC_VALUE);
    NativeMemory.putInt(address + LogHeadLayout.VERSION, LogHeadLayout.VERSION_VALUE);
    NativeMemory.putInt(address + LogHeadLayout.SEGMENT_BYTES, segmentBytes);
    NativeMemory.putLong(address + LogHeadLayout.STORE_ID_HIGH, storeId.getMostSignificantBits());
    NativeMemory.putLong(address + LogHeadLayout.STORE_ID_LOW, storeId.getLeastSignificantBits());
    NativeMemory.putLong(address + LogHeadLayout.CHECKSUM, checksum(address));
  }

  private static long checksum(long address) {
    return LogChecksum.of(address, LogHeadLayout.CHECKSUM, LogHeadLayout.MAGIC_VALUE);
  }

  /**
   * Reads the first copy that is whole.
   *
   * @param headAddress where the head is
   * @param deviceName for messages
   * @param storeId the store that it must be of
   */
  static LogHead decode(long headAddress, String deviceName, UUID storeId) {
    for (int copy = 0; copy < LogHeadLayout.COPIES; copy++) {
      long address = headAddress + (long) copy * LogHeadLayout.COPY_BYTES;
      if (NativeMemory.getLong(address + LogHeadLayout.MAGIC) == LogHeadLayout.MAGIC_VALUE
          && NativeMemory.getLong(address + LogHeadLayout.CHECKSUM) == checksum(address)) {
        return decodeCopy(address, deviceName, storeId);
      }
    }
    throw damaged(
        deviceName + " is no intent log, or all copies of its head are damaged; nothing was read");
  }

  private static LogHead decodeCopy(long address, String deviceName, UUID storeId) {
    int version = NativeMemory.getInt(address + LogHeadLayout.VERSION);
    long readOnlyCompatible = NativeMemory.getLong(address + LogHeadLayout.READ_ONLY_COMPATIBLE);
    long incompatible = NativeMemory.getLong(address + LogHeadLayout.INCOMPATIBLE);
    if (version > LogHeadLayout.VERSION_VALUE || (readOnlyCompatible | incompatible) != 0) {
      throw new FormatTooNewException(
          "the intent log %s has format version %d, read-only compatible features %x, incompatible %x; this version of Zap knows version %d without features: open it with a newer one"
              .formatted(
                  deviceName,
                  version,
                  readOnlyCompatible,
                  incompatible,
                  LogHeadLayout.VERSION_VALUE));
    }
    UUID found =
        new UUID(
            NativeMemory.getLong(address + LogHeadLayout.STORE_ID_HIGH),
            NativeMemory.getLong(address + LogHeadLayout.STORE_ID_LOW));
    if (!found.equals(storeId)) {
      throw damaged(
          "the intent log %s belongs to store %s, not to %s: put back the one that belongs here"
              .formatted(deviceName, found, storeId));
    }
    int segmentBytes = NativeMemory.getInt(address + LogHeadLayout.SEGMENT_BYTES);
    if (segmentBytes < MIN_SEGMENT_BYTES
        || segmentBytes > MAX_SEGMENT_BYTES
        || Integer.bitCount(segmentBytes) != 1) {
      throw damaged(
          "the intent log %s has the impossible segment size %d"
              .formatted(deviceName, segmentBytes));
    }
    return new LogHead(segmentBytes, found);
  }

  private static CorruptException damaged(String problem) {
    return new CorruptException(
        CorruptException.NONE, CorruptException.NONE, CorruptException.NONE, problem);
  }
}
