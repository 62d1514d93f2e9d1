// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An index node of the space map in memory: 512 regions, those loaded and the entries of all.
 * Guarded by the lock of the {@link SpaceMap}.
 */
final class IndexNode {
  private final int index;
  private final SpaceEntry[] entries = new SpaceEntry[SpaceGeometry.REGIONS_PER_NODE];
  private final @Nullable Region[] regions = new Region[SpaceGeometry.REGIONS_PER_NODE];

  private IndexNode(int index) {
    this.index = index;
  }

  static IndexNode empty(int index) {
    IndexNode node = new IndexNode(index);
    Arrays.fill(node.entries, SpaceEntry.EMPTY);
    return node;
  }

  static IndexNode of(int index, long address) {
    IndexNode node = new IndexNode(index);
    for (int slot = 0; slot < node.entries.length; slot++) {
      node.entries[slot] =
          SpaceEntryLayout.decode(address + (long) slot * SpaceEntryLayout.SIZE_BYTES);
    }
    return node;
  }

  int index() {
    return index;
  }

  SpaceEntry entry(int region) {
    return entries[region % SpaceGeometry.REGIONS_PER_NODE];
  }

  void setEntry(int region, SpaceEntry entry) {
    entries[region % SpaceGeometry.REGIONS_PER_NODE] = entry;
  }

  @Nullable Region region(int region) {
    return regions[region % SpaceGeometry.REGIONS_PER_NODE];
  }

  void setRegion(Region region) {
    regions[region.index() % SpaceGeometry.REGIONS_PER_NODE] = region;
  }

  void forEachLoaded(Consumer<Region> action) {
    for (Region region : regions) {
      if (region != null) {
        action.accept(region);
      }
    }
  }

  /** The used units of a region, in memory if it is loaded, else as stored. */
  int usedUnits(int region) {
    Region loaded = region(region);
    return loaded != null ? loaded.usedUnits() : entry(region).usedUnits();
  }

  /** The highest region of this node that has used units, -1 when none has. */
  int topRegion() {
    int first = index * SpaceGeometry.REGIONS_PER_NODE;
    for (int region = first + SpaceGeometry.REGIONS_PER_NODE - 1; region >= first; region--) {
      if (usedUnits(region) > 0) {
        return region;
      }
    }
    return -1;
  }

  /**
   * Writes the node in its form on disk.
   *
   * @return how many units below it are used
   */
  int encode(long address) {
    int usedUnits = 0;
    for (int slot = 0; slot < entries.length; slot++) {
      SpaceEntryLayout.encode(entries[slot], address + (long) slot * SpaceEntryLayout.SIZE_BYTES);
      usedUnits += entries[slot].usedUnits();
    }
    return usedUnits;
  }
}
