// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * How the device is cut up: regions of equal size, each with its fixed part in front, then units of
 * allocation.
 *
 * <pre>
 *  region r:  | head (r = 0 only) | bitmap A | bitmap B | index A | index B | units ...
 *                                                       '-- r % 512 = 0 only --'
 * </pre>
 *
 * A bitmap has one bit for each unit of its region, the fixed part included. An index node
 * describes the 512 regions that begin with its own.
 *
 * @param unitShift the unit of allocation as a power of two of bytes
 * @param regionShift the size of a region as a power of two of bytes
 */
record SpaceGeometry(int unitShift, int regionShift) {
  static final int DEFAULT_UNIT_SHIFT = 9;
  static final int DEFAULT_REGION_SHIFT = 26;

  static final int REGIONS_PER_NODE = 512;
  static final int NODE_COUNT = 64;
  static final int REGION_COUNT = NODE_COUNT * REGIONS_PER_NODE;
  static final int NODE_BYTES = REGIONS_PER_NODE * SpaceEntryLayout.SIZE_BYTES;

  /** A region must have room for its fixed part and a good number of blocks of the largest size. */
  private static final int MIN_REGION_SHIFT = 22;

  private static final int MAX_REGION_SHIFT = 30;
  private static final int MIN_UNIT_SHIFT = 9;
  private static final int MAX_UNIT_SHIFT = 12;

  /** A slot is at least this large, so that no two slots share a sector of the disk. */
  private static final int MIN_SLOT_BYTES = 4096;

  static SpaceGeometry standard() {
    return new SpaceGeometry(DEFAULT_UNIT_SHIFT, DEFAULT_REGION_SHIFT);
  }

  static boolean isPossible(int unitShift, int regionShift) {
    return unitShift >= MIN_UNIT_SHIFT
        && unitShift <= MAX_UNIT_SHIFT
        && regionShift >= MIN_REGION_SHIFT
        && regionShift <= MAX_REGION_SHIFT;
  }

  int unitBytes() {
    return 1 << unitShift;
  }

  int unitsPerRegion() {
    return 1 << (regionShift - unitShift);
  }

  int bitmapBytes() {
    return unitsPerRegion() / Byte.SIZE;
  }

  /** The memory needed to read or write either a bitmap or an index node. */
  int largestNodeBytes() {
    return Math.max(bitmapBytes(), NODE_BYTES);
  }

  int slotBytes() {
    return Math.max(bitmapBytes(), MIN_SLOT_BYTES);
  }

  long regionOffset(int region) {
    return (long) region << regionShift;
  }

  int regionOf(long offsetBytes) {
    return (int) (offsetBytes >>> regionShift);
  }

  /** The unit within its region that an offset on the device falls in. */
  int unitOf(long offsetBytes) {
    return (int) ((offsetBytes & ((1L << regionShift) - 1)) >>> unitShift);
  }

  long unitOffset(int region, int unit) {
    return regionOffset(region) + ((long) unit << unitShift);
  }

  int unitsFor(long sizeBytes) {
    return (int) ((sizeBytes + unitBytes() - 1) >>> unitShift);
  }

  /** The units that one copy of a block takes. */
  int unitsFor(BlockPointer pointer) {
    return unitsFor(pointer.storedBytes());
  }

  /** The space that one copy of a block takes: whole units. */
  int spaceBytes(BlockPointer pointer) {
    return unitsFor(pointer) << unitShift;
  }

  /** The space that a number of bytes takes: whole units. */
  int spaceBytes(int sizeBytes) {
    return unitsFor(sizeBytes) << unitShift;
  }

  long bitmapOffset(int region, int slot) {
    return regionOffset(region) + headBytes(region) + (long) slot * slotBytes();
  }

  long indexOffset(int node, int slot) {
    int region = node * REGIONS_PER_NODE;
    return bitmapOffset(region, 2) + (long) slot * NODE_BYTES;
  }

  /** The units at the start of a region that no block can have. */
  int fixedUnits(int region) {
    int indexBytes = region % REGIONS_PER_NODE == 0 ? 2 * NODE_BYTES : 0;
    return (headBytes(region) + 2 * slotBytes() + indexBytes) >>> unitShift;
  }

  int usableUnits(int region) {
    return unitsPerRegion() - fixedUnits(region);
  }

  /** The bytes that blocks can have on a device of a size. */
  long usableBytes(long deviceBytes) {
    long usable = 0;
    int whole = (int) Math.min(REGION_COUNT, deviceBytes >>> regionShift);
    for (int node = 0; node * REGIONS_PER_NODE < whole; node++) {
      int first = node * REGIONS_PER_NODE;
      int others = Math.min(whole - first, REGIONS_PER_NODE) - 1;
      usable += usableUnits(first) + (long) others * usableUnits(1);
    }
    if (whole < REGION_COUNT) {
      long rest = (deviceBytes - regionOffset(whole)) >>> unitShift;
      usable += Math.max(0, rest - fixedUnits(whole));
    }
    return usable << unitShift;
  }

  private static int headBytes(int region) {
    return region == 0 ? HeadLayout.SIZE_BYTES : 0;
  }
}
