// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.error.ZapException;

/**
 * What is used of a damaged store, as far as its bitmaps tell. A block in free space is an old
 * version, or was never committed. Used by one thread.
 */
final class UsedSpace implements AutoCloseable {
  /*
   * Implementation notes
   *
   * With an uberblock the chain uberblock, index node, bitmap says it for certain. Where the uberblock
   * is lost, or an index node, both slots of the index node are looked at: an entry that has the
   * checksum of the bitmap it names was true of some group, and the newest such entry of the newer
   * node counts. A block that is younger than the entry shows that it does not say everything.
   */

  private final SpaceStore store;
  private final SpaceGeometry geometry;
  private final Uberblock state;
  private final boolean hasState;
  private final IoMemory memory;
  private final Map<Integer, Node> nodes = new HashMap<>();
  private final Map<Integer, Known> regions = new HashMap<>();

  /** An index node, and whether the uberblock leads to it. */
  private record Node(@Nullable IndexNode content, boolean certain) {}

  /** A region; null where nothing is known of it. */
  private record Known(@Nullable Region content, long birthGroup, boolean certain) {}

  UsedSpace(SpaceStore store, Uberblock state, boolean hasState, BufferCache cache) {
    this.store = store;
    this.geometry = store.geometry();
    this.state = state;
    this.hasState = hasState;
    this.memory = cache.allocateIo(geometry.largestNodeBytes());
  }

  /** What is known of the space of a block. */
  FoundBlock.Standing standingOf(BlockPointer pointer) {
    long offset = pointer.offsetBytes();
    int index = geometry.regionOf(offset);
    int unit = geometry.unitOf(offset);
    int count = geometry.unitsFor(pointer);
    if (offset >= geometry.regionOffset(SpaceGeometry.REGION_COUNT)
        || unit < geometry.fixedUnits(index)
        || unit + count > geometry.unitsPerRegion()
        || (hasState && pointer.birthGroup() > state.group())) {
      return FoundBlock.Standing.OLD;
    }
    Known region = regions.computeIfAbsent(index, this::load);
    Region content = region.content;
    if (content == null || (!region.certain && pointer.birthGroup() > region.birthGroup)) {
      return FoundBlock.Standing.UNKNOWN;
    }
    if (!content.isTaken(unit, count)) {
      return FoundBlock.Standing.OLD;
    }
    return region.certain ? FoundBlock.Standing.USED : FoundBlock.Standing.PROBABLY_USED;
  }

  private Known load(int index) {
    Node node = nodes.get(index / SpaceGeometry.REGIONS_PER_NODE);
    if (node == null) {
      node = loadNode(index / SpaceGeometry.REGIONS_PER_NODE);
      nodes.put(index / SpaceGeometry.REGIONS_PER_NODE, node);
    }
    if (node.content == null) {
      return new Known(null, 0, false);
    }
    SpaceEntry entry = node.content.entry(index);
    if (entry.isEmpty() && !node.certain) {
      return new Known(null, 0, false);
    }
    try {
      Region region = store.readRegion(index, entry, memory.address());
      return new Known(region, entry.birthGroup(), node.certain);
    } catch (ZapException e) {
      return new Known(null, 0, false);
    }
  }

  private Node loadNode(int index) {
    if (hasState) {
      try {
        SpaceEntry entry = state.spaceTable().get(index);
        return new Node(store.readNode(index, entry, memory.address()), true);
      } catch (ZapException e) {
        /* The other slot may help. */
      }
    }
    IndexNode newest = null;
    long newestGroup = 0;
    for (int slot = 0; slot <= 1; slot++) {
      IndexNode node = store.readNodeUnverified(index, slot, memory.address());
      long group = node == null ? 0 : newestProvenGroup(node);
      if (group > newestGroup) {
        newest = node;
        newestGroup = group;
      }
    }
    return new Node(newest, false);
  }

  /** The newest group whose entry in a node matches the bitmap that it names; 0 if none does. */
  private long newestProvenGroup(IndexNode node) {
    long newest = 0;
    int first = node.index() * SpaceGeometry.REGIONS_PER_NODE;
    for (int region = first; region < first + SpaceGeometry.REGIONS_PER_NODE; region++) {
      SpaceEntry entry = node.entry(region);
      if (entry.birthGroup() > newest) {
        try {
          store.readRegion(region, entry, memory.address());
          newest = entry.birthGroup();
        } catch (ZapException e) {
          /* Not this one. */
        }
      }
    }
    return newest;
  }

  @Override
  public void close() {
    memory.close();
  }
}
