// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;

/**
 * Reads and writes the bitmaps and index nodes of the space map at their fixed places. The memory
 * that they pass through is given with each call.
 */
final class SpaceStore {
  private final BlockDevice device;
  private final SpaceGeometry geometry;

  SpaceStore(BlockDevice device, SpaceGeometry geometry) {
    this.device = device;
    this.geometry = geometry;
  }

  SpaceGeometry geometry() {
    return geometry;
  }

  BlockDevice device() {
    return device;
  }

  IndexNode readNode(int node, SpaceEntry entry, long address) {
    if (entry.isEmpty()) {
      return IndexNode.empty(node);
    }
    read(
        "index node " + node,
        geometry.indexOffset(node, entry.slot()),
        address,
        SpaceGeometry.NODE_BYTES,
        Checksum.seed(Checksum.INDEX_OWNER, node, 0),
        entry);
    return IndexNode.of(node, address);
  }

  /** Reads what is in a slot for a node, whatever it is; null if it cannot be read. */
  @Nullable IndexNode readNodeUnverified(int node, int slot, long address) {
    try {
      device.read(geometry.indexOffset(node, slot), address, SpaceGeometry.NODE_BYTES);
      return IndexNode.of(node, address);
    } catch (DeviceException e) {
      return null;
    }
  }

  Region readRegion(int region, SpaceEntry entry, long address) {
    if (entry.isEmpty()) {
      return Region.empty(region, geometry);
    }
    read(
        "bitmap of region " + region,
        geometry.bitmapOffset(region, entry.slot()),
        address,
        geometry.bitmapBytes(),
        Checksum.seed(Checksum.BITMAP_OWNER, region, 0),
        entry);
    return Region.of(region, geometry, address);
  }

  /** Writes a node to the slot that the committed state does not name. */
  SpaceEntry writeNode(int node, SpaceEntry committed, long address, int usedUnits, long group) {
    int slot = committed.nextSlot();
    device.write(geometry.indexOffset(node, slot), address, SpaceGeometry.NODE_BYTES);
    long seed = Checksum.seed(Checksum.INDEX_OWNER, node, 0);
    long checksum = Checksum.of(address, SpaceGeometry.NODE_BYTES, seed);
    return new SpaceEntry(checksum, group, usedUnits, slot);
  }

  /** Writes a bitmap to the slot that the committed state does not name. */
  SpaceEntry writeRegion(
      int region, SpaceEntry committed, long address, int usedUnits, long group) {
    int slot = committed.nextSlot();
    device.write(geometry.bitmapOffset(region, slot), address, geometry.bitmapBytes());
    long seed = Checksum.seed(Checksum.BITMAP_OWNER, region, 0);
    long checksum = Checksum.of(address, geometry.bitmapBytes(), seed);
    return new SpaceEntry(checksum, group, usedUnits, slot);
  }

  private void read(
      String what, long offset, long address, int lengthBytes, long seed, SpaceEntry entry) {
    if (entry.slot() > 1) {
      throw damaged(what + " has the impossible slot " + entry.slot());
    }
    try {
      device.read(offset, address, lengthBytes);
    } catch (EndOfDeviceException e) {
      throw damaged(what + " lies beyond the end of " + device.name() + ": " + e.getMessage());
    }
    if (Checksum.of(address, lengthBytes, seed) != entry.checksum()) {
      throw damaged(
          "checksum mismatch in the " + what + " at byte " + offset + " of " + device.name());
    }
  }

  private static CorruptException damaged(String problem) {
    return new CorruptException(
        CorruptException.NONE, CorruptException.NONE, CorruptException.NONE, problem);
  }
}
