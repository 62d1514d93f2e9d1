// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;

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

  * Pieces. Free space may lie in pieces too small for a block. hasRoom() counts what pieces of a size
  * can have, and from then on ("tight") smaller blocks are put where no such piece fits, as long as
  * there is such a place: so a small block breaks up a larger piece only to be followed by others
  * there. While there is enough behind everything that is used nothing of this is done: the count
  * looks at the bitmaps of all regions that have free units.
  *
  * Truncation. The device is cut only down to what both of the last two durable states need, so
  * that the one before stays whole should the newest uberblock be lost. It happens under the lock:
  * an allocation beyond the new end can begin only after it.
  *
  * Damage. A bitmap or an index node that cannot be read takes nothing but its own part of the device
  * away: its regions count as full, and are not written. If it is damaged, they are lost until the
  * store is opened again, and what is freed in them is forgotten: so the damage stays on the device
  * for a check to find, and nothing is handed out twice. If the device failed to read it, it is read
  * once more when a group is written, and what was freed there meanwhile ("owed") is freed in that
  * group then, or a later one. Where that fails too often it counts as lost.
  *
  * Lock order: this lock is a leaf; device reads (of bitmaps) and truncation happen under it.
  */

  /** Less than this at the end of the device is not worth a group of its own. */
  private static final long WORTH_TRUNCATING_BYTES = 256 << 10;

  /** The gaps left by a compaction: a 64th of what is used. */
  private static final int COMPACT_SLACK_SHIFT = 6;

  /** With so much in use the indirect blocks above it are 32 MiB, where leaves have 16 KiB. */
  private static final long SMALL_USE_BYTES = 4L << 30;

  /** What is settled ends where an eighth more than it has would end. */
  private static final int SETTLED_SLACK_SHIFT = 3;

  /** When the store is closed, a thirty-second more. */
  private static final int CLOSED_SLACK_SHIFT = 5;

  /** It is worth settling what ends a sixteenth beyond that, but not for less than some MiB. */
  private static final int WORTH_SETTLING_SHIFT = 4;

  private static final long WORTH_SETTLING_BYTES = 4 << 20;

  /** No block is there. */
  private static final long NO_PLACE = 0;

  /** A second copy is at least so far from the first one, if there is room. */
  private static final int AWAY_BYTES = 64 << 10;

  private static final System.Logger LOGGER = System.getLogger(SpaceMap.class.getName());

  private final ReentrantLock lock = new ReentrantLock();
  private final SpaceStore store;
  private final SpaceGeometry geometry;

  /** The bitmaps. Guarded by the lock. */
  private final SpaceTree tree;

  /** The units freed in regions that cannot be read just now. Guarded by the lock. */
  private final Map<Integer, BitSet> owed = new HashMap<>();

  private final Cursor syncCursor = new Cursor();
  private final Cursor openCursor = new Cursor();

  /* Where second copies go: they lie one after the other, too. */
  private final Cursor syncSecondCursor = new Cursor();
  private final Cursor openSecondCursor = new Cursor();

  /** Where to look next for short runs. */
  private final Cursor syncShortCursor = new Cursor();

  private final Cursor openShortCursor = new Cursor();

  /** The piece that smaller blocks should not break up, in units; 0: there is enough of all. */
  private int tightUnits;

  /** Written under the lock by the syncing thread; others see at least that theirs is above. */
  private volatile long syncingGroup;

  private volatile @Nullable RoomWait roomWait;
  private int topRegion;
  private volatile long capacityBytes;
  private volatile long usableBytes;

  /** Behind this place of the device nothing is used. Written under the lock, read by anyone. */
  private volatile long usedEndBytes;

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
    this.tree = new SpaceTree(store, table, loadAddress, lock, usedUnits);
    this.syncingGroup = syncedGroup;
    for (SpaceEntry entry : table) {
      usedUnits.addAndGet(entry.usedUnits());
    }
    topRegion = tree.topRegion();
    refreshCapacity();
    previousEndBytes = store.device().sizeBytes();
    usedEndBytes = previousEndBytes;
  }

  /** Has the group being synced wait when there is no room. */
  void roomWait(RoomWait wait) {
    roomWait = wait;
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

  /**
   * Whether blocks of up to a size have room for so many bytes together.
   *
   * @param bytes how many
   * @param pieceBytes the size
   */
  boolean hasRoom(long bytes, int pieceBytes) {
    if (hasRoomBehind(bytes, pieceBytes)) {
      return true;
    }
    if (allocatableBytes() < bytes) {
      return false;
    }
    int pieceUnits = geometry.unitsFor(pieceBytes);
    lock.lock();
    try {
      tightUnits = pieceUnits;
      return countRoom((bytes >> geometry.unitShift()) + 1, pieceUnits);
    } finally {
      lock.unlock();
    }
  }

  /** The same, if that can be seen without a look at any bitmap: behind all that is used. */
  boolean hasRoomBehind(long bytes, int pieceBytes) {
    long behindBytes = usableBytes - geometry.usableBytes(usedEndBytes);
    return behindBytes >= bytes + pieceBytes && !tree.isNodeUnread();
  }

  private boolean countRoom(long wantedUnits, int pieceUnits) {
    long foundUnits = 0;
    for (int index = topRegion; index >= 0 && foundUnits < wantedUnits; index--) {
      IndexNode node = tree.tryLoadNode(index / SpaceGeometry.REGIONS_PER_NODE);
      if (node != null && node.usedUnits(index) + pieceUnits <= geometry.usableUnits(index)) {
        Region region = tree.load(index);
        foundUnits += region == null ? 0 : region.roomUnits(pieceUnits, limitOf(index));
      }
    }
    long endBytes = geometry.regionOffset(topRegion + 1);
    int next = topRegion + 1;
    boolean isEndKnown =
        next < SpaceGeometry.REGION_COUNT
            && tree.tryLoadNode(next / SpaceGeometry.REGIONS_PER_NODE) != null;
    long behindBytes = isEndKnown ? usableBytes - geometry.usableBytes(endBytes) : 0;
    return foundUnits + Math.max(0, behindBytes >> geometry.unitShift()) >= wantedUnits;
  }

  /** How many bytes of a device of a size are neither used nor fixed. */
  long freeBytes(long deviceBytes) {
    return Math.max(0, geometry.usableBytes(deviceBytes) - usedBytes());
  }

  /**
   * About where the used space would end if it had no gaps to speak of: a quarter more than it is.
   */
  private long packedEndBytes() {
    return endBytesOf(usedBytes() + (usedBytes() >> 2) + WORTH_TRUNCATING_BYTES);
  }

  /** About where what is used should end after it was moved down by itself. */
  long settledEndBytes(boolean isClosing) {
    int slackShift = isClosing ? CLOSED_SLACK_SHIFT : SETTLED_SLACK_SHIFT;
    return endBytesOf(usedBytes() + (usedBytes() >> slackShift) + WORTH_TRUNCATING_BYTES);
  }

  private long endBytesOf(long packedBytes) {
    long fixedBytes = geometry.regionOffset(1) - geometry.usableBytes(geometry.regionOffset(1));
    return packedBytes + fixedBytes + (packedBytes >> geometry.regionShift()) * fixedBytes;
  }

  /**
   * Where the used space would end with hardly a gap: some are left, as blocks are written to a new
   * place before the old one is free, and differ in size.
   */
  long compactEndBytes() {
    long wantedBytes = usedBytes() + (usedBytes() >> COMPACT_SLACK_SHIFT) + WORTH_TRUNCATING_BYTES;
    long low = 0;
    long high = geometry.regionOffset(SpaceGeometry.REGION_COUNT);
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (geometry.usableBytes(middle) < wantedBytes) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * How far the used space ends beyond where it should, if that is worth anything: of a small
   * device half of it, of a larger one some per cent. For the syncing thread.
   */
  long spreadBytes(boolean isClosing) {
    long settledBytes = settledEndBytes(isClosing);
    long bytes = previousEndBytes - settledBytes;
    long worthBytes = Math.max(settledBytes >> WORTH_SETTLING_SHIFT, WORTH_SETTLING_BYTES);
    // What is free may lie in pieces too small for what is moved, which then goes behind the end.
    long behindBytes = usableBytes - geometry.usableBytes(usedEndBytes);
    boolean isWorthIt = bytes > worthBytes && behindBytes > bytes;
    boolean isSpreadOut = isWorthIt || previousEndBytes > 2 * packedEndBytes();
    return usedBytes() <= SMALL_USE_BYTES && isSpreadOut ? bytes : 0;
  }

  /**
   * Whether another group, even an empty one, would let the device shrink, or have read again what
   * could not be read.
   */
  boolean wantsEmptyGroup() {
    return truncationOwed || tree.wantsReading();
  }

  /** What a message that there is no room has to say besides; nothing if all could be read. */
  String hint() {
    lock.lock();
    try {
      return tree.isWhole()
          ? ""
          : "; what says where there is room cannot be read in part, see the check of the store";
    } finally {
      lock.unlock();
    }
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
   * Takes space for a block. For the group being synced it waits until there is some, unless the
   * store is closed: see {@link RoomWait}.
   *
   * @param sizeBytes the size of the block on the device
   * @param group the group that writes it: the one being synced, or the open one
   * @return the offset on the device
   * @throws StoreFullException if there is no room
   */
  long allocate(int sizeBytes, long group) {
    try {
      return allocateNow(sizeBytes, group);
    } catch (StoreFullException e) {
      RoomWait wait = roomWait;
      if (wait == null || group > syncingGroup) {
        throw e;
      }
      /* Of the syncing thread. What it writes was accepted. */
      AtomicLong found = new AtomicLong();
      wait.retry(() -> found.set(allocateNow(sizeBytes, group)), e);
      return found.get();
    }
  }

  /**
   * As {@link #allocate}, for what need not be written: does not wait.
   *
   * @param sizeBytes the size of the block on the device
   * @param group the group that writes it
   * @return the offset on the device
   * @throws StoreFullException if there is no room just now
   */
  long allocateNow(int sizeBytes, long group) {
    int count = geometry.unitsFor(sizeBytes);
    lock.lock();
    try {
      boolean isAhead = group > syncingGroup;
      Cursor cursor = isAhead ? openShortCursor : syncShortCursor;
      if (count >= tightUnits || !findShort(cursor, count)) {
        cursor = isAhead ? openCursor : syncCursor;
        requireRoom(cursor, sizeBytes);
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
    long away = allocateAway(sizeBytes, group, firstOffset);
    return away == NO_PLACE ? allocate(sizeBytes, group) : away;
  }

  /** As {@link #allocateSecond}, for what need not be written: does not wait. */
  long allocateSecondNow(int sizeBytes, long group, long firstOffset) {
    long away = allocateAway(sizeBytes, group, firstOffset);
    return away == NO_PLACE ? allocateNow(sizeBytes, group) : away;
  }

  private long allocateAway(int sizeBytes, long group, long firstOffset) {
    int count = geometry.unitsFor(sizeBytes);
    lock.lock();
    try {
      boolean isAhead = group > syncingGroup;
      Cursor cursor = isAhead ? openSecondCursor : syncSecondCursor;
      return findAway(cursor, count, firstOffset) ? take(cursor, count, isAhead) : NO_PLACE;
    } finally {
      lock.unlock();
    }
  }

  private long take(Cursor cursor, int count, boolean isAhead) {
    Region region = loaded(cursor.region);
    region.take(cursor.unit, count, isAhead);
    usedUnits.addAndGet(count);
    topRegion = Math.max(topRegion, cursor.region);
    long offset = geometry.unitOffset(cursor.region, cursor.unit);
    cursor.unit += count;
    usedEndBytes = Math.max(usedEndBytes, offset + ((long) count << geometry.unitShift()));
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
        if (!isTakenOrLost(pointer.offsetOf(copy), count)) {
          throw notInUse(pointer.physicalBytes(), pointer.offsetOf(copy));
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

  /** Whether space is in use, as far as that is known. */
  private boolean isTakenOrLost(long offset, int count) {
    if (!isInRange(offset)) {
      return false;
    }
    int unit = geometry.unitOf(offset);
    Region region = tree.load(geometry.regionOf(offset));
    if (region != null) {
      return region.isTaken(unit, count);
    }
    BitSet freed = owed.get(geometry.regionOf(offset));
    return freed == null || freed.get(unit, unit + count).isEmpty();
  }

  private void freeCopy(long offset, int count, long birthGroup, long group) {
    int regionIndex = geometry.regionOf(offset);
    int unit = geometry.unitOf(offset);
    Region region = tree.load(regionIndex);
    if (region == null) {
      if (!tree.isLost(regionIndex)) {
        owed.computeIfAbsent(regionIndex, r -> new BitSet()).set(unit, unit + count);
      }
    } else if (birthGroup == group) {
      region.giveBack(unit, count, group > syncingGroup);
      usedUnits.addAndGet(-count);
      syncCursor.lower(regionIndex, unit);
      openCursor.lower(regionIndex, unit);
      syncShortCursor.lower(regionIndex, unit);
      openShortCursor.lower(regionIndex, unit);
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
      syncShortCursor.set(0, 0);
      openShortCursor.set(0, 0);
      tightUnits = 0;
      tree.forEachLoaded(Region::switchGroup);
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
    readAgain();
    return tree.write(group, address);
  }

  /** Reads what could not be read once more, and frees what could not be freed there. */
  private void readAgain() {
    lock.lock();
    try {
      tree.readAgain();
      for (int index : List.copyOf(owed.keySet())) {
        Region region = tree.load(index);
        if (region != null || tree.isLost(index)) {
          BitSet freed = Objects.requireNonNull(owed.remove(index));
          if (region != null) {
            freeOwed(region, freed);
          }
        }
      }
      tree.endReading();
    } finally {
      lock.unlock();
    }
  }

  private void freeOwed(Region region, BitSet freed) {
    int end = 0;
    for (int unit = freed.nextSetBit(0); unit >= 0; unit = freed.nextSetBit(end)) {
      end = freed.nextClearBit(unit);
      if (!region.isTaken(unit, end - unit)) {
        throw notInUse(
            (long) (end - unit) << geometry.unitShift(), geometry.unitOffset(region.index(), unit));
      }
      region.free(unit, end - unit);
      pendingUnits.addAndGet(end - unit);
    }
  }

  /**
   * The group being synced is durable: what it freed can be used again, and the end of the device
   * that no state needs is cut off.
   */
  void committed(List<SpaceEntry> newTable) {
    lock.lock();
    try {
      tree.committed(newTable);
      tree.forEachLoaded(Region::applyPending);
      usedUnits.addAndGet(-pendingUnits.getAndSet(0));
      topRegion = tree.topRegion();
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
      try {
        store.device().truncate(neededBytes);
      } catch (ZapException e) {
        /* The group is durable all the same; the next one tries again. */
        LOGGER.log(System.Logger.Level.WARNING, "not made smaller: " + e.getMessage());
      }
    }
    truncationOwed = neededBytes - endBytes >= WORTH_TRUNCATING_BYTES;
    previousEndBytes = endBytes;
    usedEndBytes = endBytes;
  }

  private long endBytes() {
    Region top = tree.load(topRegion);
    return geometry.unitOffset(topRegion, top == null ? geometry.unitsPerRegion() : top.endUnit());
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

  private void requireRoom(Cursor cursor, int sizeBytes) {
    int count = geometry.unitsFor(sizeBytes);
    if (findRoom(cursor, count)) {
      return;
    }
    refreshCapacity();
    if (!findRoom(cursor, count)) {
      throw new StoreFullException(
          "%s is full: no room for a block of %d bytes; it may have up to %d bytes, %d are used%s"
              .formatted(store.device().name(), sizeBytes, capacityBytes, usedBytes(), hint()));
    }
  }

  /** Finds a place between used ones in which no larger piece fits. */
  private boolean findShort(Cursor cursor, int count) {
    for (int index = cursor.region; index <= topRegion; index++) {
      IndexNode node = tree.tryLoadNode(index / SpaceGeometry.REGIONS_PER_NODE);
      if (node != null && node.usedUnits(index) + count <= geometry.usableUnits(index)) {
        Region region = tree.load(index);
        int from = index == cursor.region ? cursor.unit : 0;
        int unit =
            region == null ? -1 : region.findShortRun(count, tightUnits, from, limitOf(index));
        if (unit >= 0) {
          cursor.set(index, unit);
          return true;
        }
      }
    }
    return false;
  }

  /** Where the device ends, as far as it can grow, in units of a region. */
  private int limitOf(int regionIndex) {
    long roomUnits = (capacityBytes - geometry.regionOffset(regionIndex)) >> geometry.unitShift();
    return (int) Math.max(0, Math.min(roomUnits, geometry.unitsPerRegion()));
  }

  private boolean findIn(int regionIndex, int fromUnit, int count, Cursor cursor) {
    return findIn(regionIndex, fromUnit, geometry.unitsPerRegion(), count, cursor);
  }

  private boolean findIn(int regionIndex, int fromUnit, int endUnit, int count, Cursor cursor) {
    IndexNode node = tree.tryLoadNode(regionIndex / SpaceGeometry.REGIONS_PER_NODE);
    if (node == null || node.usedUnits(regionIndex) + count > geometry.usableUnits(regionIndex)) {
      return false;
    }
    Region region = tree.load(regionIndex);
    if (region == null || region.longestRun() < count) {
      return false;
    }
    int limit = Math.max(0, Math.min(endUnit, limitOf(regionIndex)));
    int unit = region.findRun(count, fromUnit, limit);
    if (unit >= 0) {
      cursor.set(regionIndex, unit);
    }
    return unit >= 0;
  }

  private Region loaded(int index) {
    return Objects.requireNonNull(tree.load(index), "a region in which room was found");
  }

  private boolean isInRange(long offset) {
    return offset >= 0
        && offset < geometry.regionOffset(SpaceGeometry.REGION_COUNT)
        && (offset & (geometry.unitBytes() - 1)) == 0;
  }

  private CorruptException notInUse(long bytes, long offset) {
    return new CorruptException(
        CorruptException.NONE,
        CorruptException.NONE,
        CorruptException.NONE,
        "%d bytes at %d of %s are freed but not in use: two blocks claim them"
            .formatted(bytes, offset, store.device().name()));
  }
}
