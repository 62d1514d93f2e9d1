// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/**
 * The bitmaps of the space map and the index nodes above them: read from the device when they are
 * first asked for, written with a group. What cannot be read counts as used; see {@link SpaceMap},
 * whose lock guards all of this, but for {@link #write}, which takes it itself.
 */
final class SpaceTree {
  private static final System.Logger LOGGER = System.getLogger(SpaceTree.class.getName());

  private final SpaceStore store;
  private final SpaceGeometry geometry;
  private final ReentrantLock lock;

  /** Memory that bitmaps and nodes are loaded through. Guarded by the lock. */
  private final long loadAddress;

  /** What the space map counts as used: with the units of what cannot be read. */
  private final AtomicLong usedUnits;

  /** Entries as of the last durable group. Written by the syncing thread under the lock. */
  private final SpaceEntry[] table;

  private final @Nullable IndexNode[] nodes = new IndexNode[SpaceGeometry.NODE_COUNT];

  /** What cannot be read. Guarded by the lock. */
  private final UnreadParts unreadRegions = new UnreadParts();

  private final UnreadParts unreadNodes = new UnreadParts();

  /** Whether an index node cannot be read: maybe that of the regions at the end. */
  private volatile boolean nodeUnread;

  private volatile boolean readingOwed;

  /**
   * The tree of a store.
   *
   * @param store where it is
   * @param table the space table of the newest uberblock
   * @param loadAddress memory for this class alone, of {@link SpaceGeometry#largestNodeBytes}
   * @param lock that of the space map
   * @param usedUnits its count of used units; what cannot be read is added while that is so
   */
  SpaceTree(
      SpaceStore store,
      List<SpaceEntry> table,
      long loadAddress,
      ReentrantLock lock,
      AtomicLong usedUnits) {
    this.store = store;
    this.geometry = store.geometry();
    this.table = table.toArray(new SpaceEntry[0]);
    this.loadAddress = loadAddress;
    this.lock = lock;
    this.usedUnits = usedUnits;
  }

  /** Whether an index node cannot be read: maybe that of the regions at the end. Any thread. */
  boolean isNodeUnread() {
    return nodeUnread;
  }

  /** Whether something should be read once more with the next group. Any thread. */
  boolean wantsReading() {
    return readingOwed;
  }

  /** Whether all that was asked for could be read. */
  boolean isWhole() {
    return unreadNodes.isEmpty() && unreadRegions.isEmpty();
  }

  /** Reads what could not be read once more. */
  void readAgain() {
    unreadNodes.tryAgain().forEach(this::tryLoadNode);
    unreadRegions.tryAgain().forEach(this::load);
  }

  /** What {@link #readAgain} has left is known now. */
  void endReading() {
    readingOwed = unreadNodes.wantsToTryAgain() || unreadRegions.wantsToTryAgain();
  }

  /**
   * Writes the state of the group being synced, all of whose blocks are allocated and freed by now.
   *
   * @param address memory to write from, of {@link SpaceGeometry#largestNodeBytes}
   * @return the space table for the uberblock
   */
  List<SpaceEntry> write(long group, long address) {
    boolean[] nodeChanged = new boolean[SpaceGeometry.NODE_COUNT];
    for (Region region : changedRegions()) {
      writeRegion(region, group, address);
      nodeChanged[region.index() / SpaceGeometry.REGIONS_PER_NODE] = true;
    }
    SpaceEntry[] newTable = table.clone();
    for (int node = 0; node < newTable.length; node++) {
      if (nodeChanged[node]) {
        newTable[node] = writeNode(node, group, address);
      }
    }
    return List.of(newTable);
  }

  /** The group that was written is durable. */
  void committed(List<SpaceEntry> newTable) {
    for (int node = 0; node < table.length; node++) {
      table[node] = newTable.get(node);
    }
  }

  private List<Region> changedRegions() {
    List<Region> changed = new ArrayList<>();
    lock.lock();
    try {
      forEachLoaded(
          region -> {
            if (region.isChanged()) {
              changed.add(region);
            }
          });
    } finally {
      lock.unlock();
    }
    return changed;
  }

  private void writeRegion(Region region, long group, long address) {
    int index = region.index();
    int regionUnits;
    IndexNode node;
    lock.lock();
    try {
      regionUnits = region.encode(address);
      node = loadNode(index / SpaceGeometry.REGIONS_PER_NODE);
    } finally {
      lock.unlock();
    }
    /* Only this thread changes entries, so this one is what the last uberblock reaches. */
    SpaceEntry committed = node.entry(index);
    SpaceEntry entry =
        regionUnits == 0
            ? SpaceEntry.EMPTY
            : store.writeRegion(index, committed, address, regionUnits, group);
    lock.lock();
    try {
      node.setEntry(index, entry);
    } finally {
      lock.unlock();
    }
  }

  private SpaceEntry writeNode(int index, long group, long address) {
    int nodeUnits;
    lock.lock();
    try {
      nodeUnits = loadNode(index).encode(address);
    } finally {
      lock.unlock();
    }
    return nodeUnits == 0
        ? SpaceEntry.EMPTY
        : store.writeNode(index, table[index], address, nodeUnits, group);
  }

  /** The highest region in which something is used, as far as that is known. */
  int topRegion() {
    for (int node = SpaceGeometry.NODE_COUNT - 1; node >= 0; node--) {
      if (nodes[node] != null || !table[node].isEmpty()) {
        IndexNode loaded = tryLoadNode(node);
        int top = loaded == null ? lastRegionOf(node) : loaded.topRegion();
        if (top >= 0) {
          return top;
        }
      }
    }
    return 0;
  }

  /** The highest region of a node that may have used units, judged by the size of the device. */
  private int lastRegionOf(int node) {
    int first = node * SpaceGeometry.REGIONS_PER_NODE;
    long end =
        Math.min(store.device().sizeBytes(), geometry.regionOffset(SpaceGeometry.REGION_COUNT));
    int last = geometry.regionOf(Math.max(0, end - 1));
    return Math.max(first, Math.min(first + SpaceGeometry.REGIONS_PER_NODE - 1, last));
  }

  private IndexNode loadNode(int index) {
    IndexNode node = nodes[index];
    if (node == null) {
      node = store.readNode(index, table[index], loadAddress);
      nodes[index] = node;
    }
    return node;
  }

  /** An index node, null if it cannot be read. */
  @Nullable IndexNode tryLoadNode(int index) {
    IndexNode loaded = nodes[index];
    if (loaded != null) {
      return loaded;
    }
    if (unreadNodes.isResting(index)) {
      return null;
    }
    try {
      IndexNode node = loadNode(index);
      usedUnits.addAndGet(-unreadNodes.succeeded(index));
      nodeUnread = !unreadNodes.isEmpty();
      return node;
    } catch (CorruptException | DeviceException e) {
      int first = index * SpaceGeometry.REGIONS_PER_NODE;
      long usableUnits = 0;
      for (int region = first; region < first + SpaceGeometry.REGIONS_PER_NODE; region++) {
        usableUnits += geometry.usableUnits(region);
      }
      unread(unreadNodes, index, usableUnits - table[index].usedUnits(), e);
      return null;
    }
  }

  /** A region, null if it cannot be read. */
  @Nullable Region load(int index) {
    IndexNode node = tryLoadNode(index / SpaceGeometry.REGIONS_PER_NODE);
    if (node == null) {
      return null;
    }
    Region region = node.region(index);
    if (region == null && !unreadRegions.isResting(index)) {
      try {
        region = store.readRegion(index, node.entry(index), loadAddress);
      } catch (CorruptException | DeviceException e) {
        long usableUnits = geometry.usableUnits(index);
        unread(unreadRegions, index, usableUnits - node.entry(index).usedUnits(), e);
        return null;
      }
      usedUnits.addAndGet(-unreadRegions.succeeded(index));
      node.setRegion(region);
    }
    return region;
  }

  /** Whether a region that cannot be read is not read again before the store is opened again. */
  boolean isLost(int region) {
    return unreadNodes.isLost(region / SpaceGeometry.REGIONS_PER_NODE)
        || unreadRegions.isLost(region);
  }

  /* What cannot be read counts as used, so that nobody relies on finding room there. */
  private void unread(UnreadParts parts, int index, long freeUnits, ZapException cause) {
    if (parts.failed(index, freeUnits, cause)) {
      usedUnits.addAndGet(freeUnits);
    }
    readingOwed |= !parts.isLost(index);
    nodeUnread = !unreadNodes.isEmpty();
    String until = parts.isLost(index) ? "that is mended" : "it can be read";
    LOGGER.log(
        System.Logger.Level.WARNING,
        cause.getMessage() + "; the space it describes is not used until " + until);
  }

  /** Does something to each region that was read. */
  void forEachLoaded(Consumer<Region> action) {
    for (IndexNode node : nodes) {
      if (node != null) {
        node.forEachLoaded(action);
      }
    }
  }
}
