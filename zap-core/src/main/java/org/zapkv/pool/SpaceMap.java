// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.StoreFullException;

/**
 * Which space of the device is used: hands it out, takes it back, and stores its own state crash
 * safely at a cost that follows what changed.
 */
final class SpaceMap {

  /*
   * Implementation notes
   *
   * State on disk. Each bitmap and each index node has two fixed slots. A new version goes to the
   * slot that the committed parent does not name: nothing that the last uberblock reaches is
   * overwritten, and writing allocation state allocates nothing. The parent names the new slot, up
   * to the space table in the uberblock, which switches everything at once.
   *
   * Groups. At most two groups have changes here: the one being synced, T, and the open one, T + 1.
   * T's changes to a region are in its bitmap or in "pending"; what T + 1 took is in "ahead". When
   * T + 1 becomes the one being synced (beginSync), "ahead" is dropped: its units are used, which is
   * now what is to be written. Only the group being synced frees blocks of older groups; either may
   * give back, at once, what it took itself.
   *
   * Order of search. From the cursor of the group upwards, then from the lowest region, then a new
   * region. A cursor starts at the lowest unit with each group, so files shrink by themselves, and
   * moves on with every allocation, so blocks written one after the other lie one after the other.
   * Giving back something below a cursor moves it down. A region whose longest free run is known to
   * be too short is passed without a look; one that was never loaded is passed by its entry.
   *
   * Second copies have cursors of their own, so that they lie one after the other, and are away from
   * the first ones: what spoils one place of the device should not reach both.
   *
   * Truncation. The device is cut only down to what both of the last two durable states need, so
   * that the one before stays whole should the newest uberblock be lost. It happens under the lock:
   * an allocation beyond the new end can begin only after it.
   *
   * Lock order: this lock is a leaf; device reads (of bitmaps) and truncation happen under it.
   */

  /** Less than this at the end of the device is not worth a group of its own. */
  private static final long WORTH_TRUNCATING_BYTES = 256 << 10;

  /** With so much in use the indirect blocks above it are some MiB at most. */
  private static final long SMALL_USE_BYTES = 256 << 20;

  /** A second copy is at least so far from the first one, if there is room. */
  private static final int AWAY_BYTES = 64 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final SpaceStore store;
  private final SpaceGeometry geometry;

  /** Memory that bitmaps and nodes are loaded through. Guarded by the lock. */
  private final long loadAddress;

  /** Entries as of the last durable group. Written by the syncing thread under the lock. */
  private final SpaceEntry[] table;

  private final @Nullable IndexNode[] nodes = new IndexNode[SpaceGeometry.NODE_COUNT];
  private final Cursor syncCursor = new Cursor();
  private final Cursor openCursor = new Cursor();

  /* Where second copies go: they lie one after the other, too. */
  private final Cursor syncSecondCursor = new Cursor();
  private final Cursor openSecondCursor = new Cursor();
  private long syncingGroup;
  private int topRegion;
  private volatile long capacityBytes;
  private volatile long usableBytes;

  /** Where the used space ended when the last group became durable. For the syncing thread. */
  private long previousEndBytes;

  /* Totals; written under the lock, read by anyone. */
  private final AtomicLong usedUnits = new AtomicLong();
  private final AtomicLong pendingUnits = new AtomicLong();
  private volatile boolean truncationOwed;

  private static final class Cursor {
    int region;
    int unit;

    void set(int newRegion, int newUnit) {
      region = newRegion;
      unit = newUnit;
    }

    void lower(int freedRegion, int freedUnit) {
      if (freedRegion < region || (freedRegion == region && freedUnit < unit)) {
        set(freedRegion, freedUnit);
      }
    }
  }

  /**
   * The space of a store.
   *
   * @param store where the state is
   * @param table the space table of the newest uberblock
   * @param syncedGroup the group of that uberblock
   * @param loadAddress memory for this class alone, of {@link SpaceGeometry#largestNodeBytes}
   */
  SpaceMap(SpaceStore store, List<SpaceEntry> table, long syncedGroup, long loadAddress) {
    this.store = store;
    this.geometry = store.geometry();
    this.loadAddress = loadAddress;
    this.table = table.toArray(new SpaceEntry[0]);
    this.syncingGroup = syncedGroup;
    for (SpaceEntry entry : table) {
      usedUnits.addAndGet(entry.usedUnits());
    }
    topRegion = findTopRegion();
    refreshCapacity();
    previousEndBytes = store.device().sizeBytes();
  }

  long usedBytes() {
    return usedUnits.get() << geometry.unitShift();
  }

  long pendingBytes() {
    return pendingUnits.get() << geometry.unitShift();
  }

  /** How large the device can get, as far as it was known when it was asked last. */
  long capacityBytes() {
    return capacityBytes;
  }

  /** How many bytes blocks could have yet if the device grew as far as it can. */
  long allocatableBytes() {
    return Math.max(0, usableBytes - usedBytes());
  }

  /** How many bytes of a device of a size are neither used nor fixed. */
  long freeBytes(long deviceBytes) {
    return Math.max(0, geometry.usableBytes(deviceBytes) - usedBytes());
  }

  /**
   * About where the used space would end if it had no gaps to speak of: a quarter more than it is.
   */
  long packedEndBytes() {
    long packedBytes = usedBytes() + (usedBytes() >> 2) + WORTH_TRUNCATING_BYTES;
    long fixedBytes = geometry.regionOffset(1) - geometry.usableBytes(geometry.regionOffset(1));
    return packedBytes + fixedBytes + (packedBytes >> geometry.regionShift()) * fixedBytes;
  }

  /**
   * Whether little is used, and the device could be less than half as large as it has to be now.
   */
  boolean isSpreadOut() {
    return usedBytes() <= SMALL_USE_BYTES && previousEndBytes > 2 * packedEndBytes();
  }

  /** Whether another group, even an empty one, would let the device shrink. */
  boolean isTruncationOwed() {
    return truncationOwed;
  }

  /** Asks the device again how far it can grow. */
  void refreshCapacity() {
    long capacity = store.device().sizeBytes() + store.device().growableBytes();
    lock.lock();
    try {
      capacityBytes = capacity < 0 ? Long.MAX_VALUE : capacity;
      usableBytes = geometry.usableBytes(capacityBytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes space for a block.
   *
   * @param sizeBytes the size of the block on the device
   * @param group the group that writes it: the one being synced, or the open one
   * @return the offset on the device
   * @throws StoreFullException if there is no room
   */
  long allocate(int sizeBytes, long group) {
    int count = geometry.unitsFor(sizeBytes);
    lock.lock();
    try {
      boolean isAhead = group > syncingGroup;
      Cursor cursor = isAhead ? openCursor : syncCursor;
      if (!findRoom(cursor, count) && !findRoomAfterAsking(cursor, count)) {
        throw new StoreFullException(
            "%s is full: no room for a block of %d bytes; it may have up to %d bytes, %d are used"
                .formatted(store.device().name(), sizeBytes, capacityBytes, usedBytes()));
      }
      return take(cursor, count, isAhead);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes space for the second copy of a block: in another region than the first one is in, else at
   * a distance from it, else wherever there is room.
   *
   * @param sizeBytes the size of the copy
   * @param group the group that writes it: the one being synced, or the open one
   * @param firstOffset where the first copy is
   * @return the offset on the device
   * @throws StoreFullException if there is no room
   */
  long allocateSecond(int sizeBytes, long group, long firstOffset) {
    int count = geometry.unitsFor(sizeBytes);
    lock.lock();
    try {
      boolean isAhead = group > syncingGroup;
      Cursor cursor = isAhead ? openSecondCursor : syncSecondCursor;
      if (findAway(cursor, count, firstOffset)) {
        return take(cursor, count, isAhead);
      }
    } finally {
      lock.unlock();
    }
    return allocate(sizeBytes, group);
  }

  private long take(Cursor cursor, int count, boolean isAhead) {
    Region region = load(cursor.region);
    region.take(cursor.unit, count, isAhead);
    usedUnits.addAndGet(count);
    topRegion = Math.max(topRegion, cursor.region);
    long offset = geometry.unitOffset(cursor.region, cursor.unit);
    cursor.unit += count;
    return offset;
  }

  /**
   * Frees a block. One that the same group wrote is free at once; another one once the group is
   * durable.
   *
   * @param pointer where the block is
   * @param group the group that frees it
   * @throws CorruptException if the space is not in use, so that two blocks claim it
   */
  void free(BlockPointer pointer, long group) {
    int count = geometry.unitsFor(pointer);
    lock.lock();
    try {
      for (int copy = 0; copy < pointer.copyCount(); copy++) {
        if (!isTaken(pointer.offsetOf(copy), count)) {
          throw notInUse(pointer, pointer.offsetOf(copy));
        }
      }
      for (int copy = 0; copy < pointer.copyCount(); copy++) {
        freeCopy(pointer.offsetOf(copy), count, pointer.birthGroup(), group);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives back space of {@link #allocate} that no block has been written to.
   *
   * @param offset where it is
   * @param sizeBytes the size it was taken for
   * @param group the group it was taken for
   */
  void giveBack(long offset, int sizeBytes, long group) {
    lock.lock();
    try {
      freeCopy(offset, geometry.unitsFor(sizeBytes), group, group);
    } finally {
      lock.unlock();
    }
  }

  private boolean isTaken(long offset, int count) {
    return isInRange(offset)
        && load(geometry.regionOf(offset)).isTaken(geometry.unitOf(offset), count);
  }

  private void freeCopy(long offset, int count, long birthGroup, long group) {
    int regionIndex = geometry.regionOf(offset);
    int unit = geometry.unitOf(offset);
    Region region = load(regionIndex);
    if (birthGroup == group) {
      region.giveBack(unit, count, group > syncingGroup);
      usedUnits.addAndGet(-count);
      syncCursor.lower(regionIndex, unit);
      openCursor.lower(regionIndex, unit);
    } else if (group == syncingGroup) {
      region.free(unit, count);
      pendingUnits.addAndGet(count);
    } else {
      throw new IllegalStateException(
          "group " + group + " frees a block of group " + birthGroup + " too early");
    }
  }

  /** The open group becomes the one being synced; nobody allocates for it meanwhile. */
  void beginSync(long group) {
    lock.lock();
    try {
      syncingGroup = group;
      syncCursor.set(0, 0);
      openCursor.set(0, 0);
      syncSecondCursor.set(0, 0);
      openSecondCursor.set(0, 0);
      forEachLoaded(Region::switchGroup);
    } finally {
      lock.unlock();
    }
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

  /**
   * The group being synced is durable: what it freed can be used again, and the end of the device
   * that no state needs is cut off.
   */
  void committed(List<SpaceEntry> newTable) {
    lock.lock();
    try {
      for (int node = 0; node < table.length; node++) {
        table[node] = newTable.get(node);
      }
      forEachLoaded(Region::applyPending);
      usedUnits.addAndGet(-pendingUnits.getAndSet(0));
      topRegion = findTopRegion();
      truncate();
    } finally {
      lock.unlock();
    }
    refreshCapacity();
  }

  private void truncate() {
    long endBytes = endBytes();
    long neededBytes = Math.max(endBytes, previousEndBytes);
    if (store.device().sizeBytes() > neededBytes) {
      store.device().truncate(neededBytes);
    }
    truncationOwed = neededBytes - endBytes >= WORTH_TRUNCATING_BYTES;
    previousEndBytes = endBytes;
  }

  private long endBytes() {
    return geometry.unitOffset(topRegion, load(topRegion).endUnit());
  }

  private boolean findRoom(Cursor cursor, int count) {
    for (int region = cursor.region; region <= topRegion; region++) {
      if (findIn(region, region == cursor.region ? cursor.unit : 0, count, cursor)) {
        return true;
      }
    }
    for (int region = 0; region <= Math.min(cursor.region, topRegion); region++) {
      if (findIn(region, 0, count, cursor)) {
        return true;
      }
    }
    int next = topRegion + 1;
    return next < SpaceGeometry.REGION_COUNT && findIn(next, 0, count, cursor);
  }

  /** Room that is away from a place, where the second copies before are if possible. */
  private boolean findAway(Cursor cursor, int count, long offset) {
    int near = geometry.regionOf(offset);
    int unit = geometry.unitOf(offset);
    int distance = AWAY_BYTES >> geometry.unitShift();
    // Not in one that is there for a while only: what lies in it would keep it there.
    int last = Math.min(topRegion, geometry.regionOf(packedEndBytes()));
    boolean isCursorAway =
        cursor.region != near ? cursor.region <= last : cursor.unit >= unit + distance;
    if (isCursorAway && findIn(cursor.region, cursor.unit, count, cursor)) {
      return true;
    }
    for (int region = 0; region <= last; region++) {
      if (region != near && findIn(region, 0, count, cursor)) {
        return true;
      }
    }
    return findIn(near, 0, unit - distance, count, cursor)
        || findIn(near, unit + distance, count, cursor);
  }

  private boolean findRoomAfterAsking(Cursor cursor, int count) {
    refreshCapacity();
    return findRoom(cursor, count);
  }

  private boolean findIn(int regionIndex, int fromUnit, int count, Cursor cursor) {
    return findIn(regionIndex, fromUnit, geometry.unitsPerRegion(), count, cursor);
  }

  private boolean findIn(int regionIndex, int fromUnit, int endUnit, int count, Cursor cursor) {
    IndexNode node = loadNode(regionIndex / SpaceGeometry.REGIONS_PER_NODE);
    if (node.usedUnits(regionIndex) + count > geometry.usableUnits(regionIndex)) {
      return false;
    }
    Region region = load(regionIndex);
    if (region.longestRun() < count) {
      return false;
    }
    long roomUnits = (capacityBytes - geometry.regionOffset(regionIndex)) >> geometry.unitShift();
    int limit = (int) Math.max(0, Math.min(roomUnits, endUnit));
    int unit = region.findRun(count, fromUnit, limit);
    if (unit >= 0) {
      cursor.set(regionIndex, unit);
    }
    return unit >= 0;
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

  private int findTopRegion() {
    for (int node = SpaceGeometry.NODE_COUNT - 1; node >= 0; node--) {
      if (nodes[node] != null || !table[node].isEmpty()) {
        int top = loadNode(node).topRegion();
        if (top >= 0) {
          return top;
        }
      }
    }
    return 0;
  }

  private IndexNode loadNode(int index) {
    IndexNode node = nodes[index];
    if (node == null) {
      node = store.readNode(index, table[index], loadAddress);
      nodes[index] = node;
    }
    return node;
  }

  private Region load(int index) {
    IndexNode node = loadNode(index / SpaceGeometry.REGIONS_PER_NODE);
    Region region = node.region(index);
    if (region == null) {
      region = store.readRegion(index, node.entry(index), loadAddress);
      node.setRegion(region);
    }
    return region;
  }

  private void forEachLoaded(Consumer<Region> action) {
    for (IndexNode node : nodes) {
      if (node != null) {
        node.forEachLoaded(action);
      }
    }
  }

  private boolean isInRange(long offset) {
    return offset >= 0
        && offset < geometry.regionOffset(SpaceGeometry.REGION_COUNT)
        && (offset & (geometry.unitBytes() - 1)) == 0;
  }

  private CorruptException notInUse(BlockPointer pointer, long offset) {
    return new CorruptException(
        CorruptException.NONE,
        CorruptException.NONE,
        CorruptException.NONE,
        "%d bytes at %d of %s are freed but not in use: two blocks claim them"
            .formatted(pointer.physicalBytes(), offset, store.device().name()));
  }
}
