// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.error.NotAStoreException;

/**
 * What never changes about a store: that it is one, its format, its geometry, its identity.
 *
 * @param version the version of the format
 * @param compatible features that a version may ignore
 * @param readOnlyCompatible features that a version must know to write
 * @param incompatible features that a version must know to read
 * @param geometry how the device is cut up
 * @param storeId what tells this store from every other
 */
record Label(
    int version,
    long compatible,
    long readOnlyCompatible,
    long incompatible,
    SpaceGeometry geometry,
    UUID storeId) {

  static Label ofNewStore(SpaceGeometry geometry, UUID storeId, Set<Feature> features) {
    return new Label(
        LabelLayout.VERSION_VALUE,
        Feature.word(Feature.Kind.COMPATIBLE, features),
        Feature.word(Feature.Kind.READ_ONLY_COMPATIBLE, features),
        Feature.word(Feature.Kind.INCOMPATIBLE, features),
        geometry,
        storeId);
  }

  boolean hasLog() {
    return Feature.INTENT_LOG.isIn(incompatible);
  }

  /** Whether leaves may be packed: not in a store that was made before there was that. */
  boolean hasLeafPacking() {
    return Feature.LEAF_PACKING.isIn(incompatible);
  }

  /** Writes the label; both copies hold the same bytes. */
  void encode(long address) {
    NativeMemory.fill(address, HeadLayout.LABEL_BYTES, (byte) 0);
    NativeMemory.putLong(address + LabelLayout.MAGIC, LabelLayout.MAGIC_VALUE);
    NativeMemory.putInt(address + LabelLayout.VERSION, version);
    NativeMemory.putByte(address + LabelLayout.UNIT_SHIFT, geometry.unitShift());
    NativeMemory.putByte(address + LabelLayout.REGION_SHIFT, geometry.regionShift());
    NativeMemory.putLong(address + LabelLayout.COMPATIBLE, compatible);
    NativeMemory.putLong(address + LabelLayout.READ_ONLY_COMPATIBLE, readOnlyCompatible);
    NativeMemory.putLong(address + LabelLayout.INCOMPATIBLE, incompatible);
    NativeMemory.putLong(address + LabelLayout.STORE_ID_HIGH, storeId.getMostSignificantBits());
    NativeMemory.putLong(address + LabelLayout.STORE_ID_LOW, storeId.getLeastSignificantBits());
    NativeMemory.putLong(address + LabelLayout.CHECKSUM, checksum(address));
  }

  /** Whether there is a label, whole or not, in the head of a device. */
  static boolean isPresent(long headAddress) {
    for (int copy = 0; copy < HeadLayout.LABEL_COPIES; copy++) {
      long address = headAddress + HeadLayout.labelOffset(copy);
      if (NativeMemory.getLong(address + LabelLayout.MAGIC) == LabelLayout.MAGIC_VALUE) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the label of a device.
   *
   * @param headAddress where the head of the device is
   * @param deviceName for messages
   * @param forWriting whether the store is going to be changed
   */
  static Label decode(long headAddress, String deviceName, boolean forWriting) {
    if (!isPresent(headAddress)) {
      throw new NotAStoreException(
          deviceName
              + " is no Zap store: it has no label; if it was one, zap salvage recovers what is left");
    }
    for (int copy = 0; copy < HeadLayout.LABEL_COPIES; copy++) {
      Label label = decodeCopy(headAddress + HeadLayout.labelOffset(copy), deviceName);
      if (label != null) {
        if (forWriting) {
          label.refuseWriting(deviceName);
        }
        return label;
      }
    }
    throw damaged("both copies of the label of " + deviceName + " are damaged");
  }

  private static @Nullable Label decodeCopy(long address, String deviceName) {
    if (NativeMemory.getLong(address + LabelLayout.MAGIC) != LabelLayout.MAGIC_VALUE
        || NativeMemory.getLong(address + LabelLayout.CHECKSUM) != checksum(address)) {
      return null;
    }
    int version = NativeMemory.getInt(address + LabelLayout.VERSION);
    if (version > LabelLayout.VERSION_VALUE) {
      throw new FormatTooNewException(
          deviceName
              + " has format version "
              + version
              + ", this version of Zap knows "
              + LabelLayout.VERSION_VALUE
              + ": open it with a newer one");
    }
    return decodeFields(address, version, deviceName);
  }

  private static Label decodeFields(long address, int version, String deviceName) {
    long readOnlyCompatible = NativeMemory.getLong(address + LabelLayout.READ_ONLY_COMPATIBLE);
    long incompatible = NativeMemory.getLong(address + LabelLayout.INCOMPATIBLE);
    refuseReading(incompatible, deviceName);
    int unitShift = NativeMemory.getUnsignedByte(address + LabelLayout.UNIT_SHIFT);
    int regionShift = NativeMemory.getUnsignedByte(address + LabelLayout.REGION_SHIFT);
    if (!SpaceGeometry.isPossible(unitShift, regionShift)) {
      throw damaged(
          "the label of %s has the impossible unit shift %d and region shift %d"
              .formatted(deviceName, unitShift, regionShift));
    }
    return new Label(
        version,
        NativeMemory.getLong(address + LabelLayout.COMPATIBLE),
        readOnlyCompatible,
        incompatible,
        new SpaceGeometry(unitShift, regionShift),
        new UUID(
            NativeMemory.getLong(address + LabelLayout.STORE_ID_HIGH),
            NativeMemory.getLong(address + LabelLayout.STORE_ID_LOW)));
  }

  private static void refuseReading(long incompatible, String deviceName) {
    long unsupported = Feature.unsupported(Feature.Kind.INCOMPATIBLE, incompatible);
    if (unsupported != 0) {
      throw new FormatTooNewException(
          deviceName
              + " uses what this version of Zap cannot read: "
              + Feature.namesOf(Feature.Kind.INCOMPATIBLE, unsupported)
              + " (incompatible features): open it with a newer version");
    }
  }

  private void refuseWriting(String deviceName) {
    Feature.Kind kind = Feature.Kind.READ_ONLY_COMPATIBLE;
    long unsupported = Feature.unsupported(kind, readOnlyCompatible);
    if (unsupported != 0) {
      throw new FormatTooNewException(
          deviceName
              + " uses what this version of Zap can read, but not change: "
              + Feature.namesOf(kind, unsupported)
              + " (read-only compatible features): open it read-only, or with a newer version");
    }
  }

  private static long checksum(long address) {
    return Checksum.of(address, LabelLayout.CHECKSUM, Checksum.seed(Checksum.LABEL_OWNER, 0, 0));
  }

  private static CorruptException damaged(String problem) {
    return new CorruptException(
        CorruptException.NONE, CorruptException.NONE, CorruptException.NONE, problem);
  }
}
