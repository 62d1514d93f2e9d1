// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.log.LogPosition;

/**
 * The state of a store after a transaction group: everything else is reached from here. Immutable.
 */
final class Uberblock {
  private static final System.Logger LOGGER = System.getLogger(Uberblock.class.getName());

  private final long group;
  private final long timeMillis;
  private final byte[] root;
  private final List<SpaceEntry> spaceTable;
  private final LogPosition logPosition;

  /**
   * An uberblock.
   *
   * @param group the transaction group
   * @param timeMillis when it is written, in milliseconds since 1970; for people, not for logic
   * @param root the root of the layer above, {@link UberblockLayout#ROOT_BYTES} long; not changed
   *     by anyone once it is in here
   * @param spaceTable the entries of the index nodes of the space map
   * @param logPosition up to where the intent log is in this state
   */
  Uberblock(
      long group,
      long timeMillis,
      byte[] root,
      List<SpaceEntry> spaceTable,
      LogPosition logPosition) {
    this.group = group;
    this.timeMillis = timeMillis;
    this.root = root;
    this.spaceTable = spaceTable;
    this.logPosition = logPosition;
  }

  /** The state of a store in which nothing was written. */
  static Uberblock ofNewStore(long timeMillis, byte[] root) {
    List<SpaceEntry> table = Collections.nCopies(SpaceGeometry.NODE_COUNT, SpaceEntry.EMPTY);
    return new Uberblock(1, timeMillis, root, List.copyOf(table), LogPosition.NONE);
  }

  /** The same state, with nothing known of its space. */
  Uberblock withoutSpace() {
    List<SpaceEntry> table = Collections.nCopies(SpaceGeometry.NODE_COUNT, SpaceEntry.EMPTY);
    return new Uberblock(group, timeMillis, root, List.copyOf(table), logPosition);
  }

  long group() {
    return group;
  }

  byte[] root() {
    return root;
  }

  List<SpaceEntry> spaceTable() {
    return spaceTable;
  }

  LogPosition logPosition() {
    return logPosition;
  }

  /** Writes one copy of the uberblock, in the form of its slot. */
  void encode(long address, int slot, UUID storeId) {
    NativeMemory.fill(address, HeadLayout.SLOT_BYTES, (byte) 0);
    NativeMemory.putLong(address + UberblockLayout.MAGIC, UberblockLayout.MAGIC_VALUE);
    NativeMemory.putLong(address + UberblockLayout.GROUP, group);
    NativeMemory.putLong(address + UberblockLayout.TIME, timeMillis);
    NativeMemory.putLong(address + UberblockLayout.LOG_OFFSET, logPosition.offsetBytes());
    NativeMemory.putLong(address + UberblockLayout.LOG_SEQUENCE, logPosition.sequence());
    NativeMemory.putLong(address + UberblockLayout.LOG_CHAIN, logPosition.chain());
    NativeMemory.copyFromArray(root, 0, address + UberblockLayout.ROOT, UberblockLayout.ROOT_BYTES);
    for (int node = 0; node < spaceTable.size(); node++) {
      SpaceEntryLayout.encode(spaceTable.get(node), address + UberblockLayout.spaceEntry(node));
    }
    NativeMemory.putLong(address + UberblockLayout.CHECKSUM, checksum(address, slot, storeId));
  }

  /**
   * The newest valid uberblock of both rings; either copy counts.
   *
   * @param headAddress where the head of the device is
   * @return null when no slot holds a valid one
   */
  static @Nullable Uberblock newest(long headAddress, UUID storeId) {
    int newestSlot = -1;
    long newestGroup = 0;
    for (int slot = 0; slot < HeadLayout.SLOT_COUNT; slot++) {
      long address = headAddress + HeadLayout.slotOffset(slot);
      long group = NativeMemory.getLong(address + UberblockLayout.GROUP);
      if (group > newestGroup && isValid(address, slot, storeId)) {
        newestGroup = group;
        newestSlot = slot;
      }
    }
    return newestSlot < 0 ? null : decode(headAddress + HeadLayout.slotOffset(newestSlot));
  }

  /**
   * Whether the group after the newest valid uberblock may have been committed, and both copies of
   * its uberblock were damaged since. A commit writes both slots of its group; so it was not while
   * either still has what was there before: an older uberblock, or zeros in a ring that is new.
   *
   * @param headAddress where the head of the device is
   * @param group that of the newest valid uberblock
   */
  static boolean mayHaveLostNext(long headAddress, UUID storeId, long group) {
    long next = group + 1;
    for (int copy = 0; copy < HeadLayout.UBERBLOCK_COPIES; copy++) {
      int slot = HeadLayout.slotOf(next, copy);
      long address = headAddress + HeadLayout.slotOffset(slot);
      boolean isAsBefore =
          next <= HeadLayout.RING_SLOTS ? isZero(address) : isValid(address, slot, storeId);
      if (isAsBefore) {
        return false;
      }
    }
    return true;
  }

  /**
   * Says so if this one, the newest valid one, may not be that of the newest group. That is no
   * error: a loss of power while both copies are written, which are not flushed yet, leaves the
   * same.
   */
  void warnIfNextIsLost(long headAddress, UUID storeId, String deviceName) {
    if (mayHaveLostNext(headAddress, storeId, group)) {
      LOGGER.log(
          Level.WARNING,
          "{0} is opened in the state of group {1}: both copies of the uberblock of group {2} are"
              + " damaged. If it was not a loss of power that cut short their writing, what was"
              + " committed last is lost; a backup may have it.",
          deviceName,
          Long.toString(group),
          Long.toString(group + 1));
    }
  }

  private static boolean isZero(long address) {
    for (int at = 0; at < HeadLayout.SLOT_BYTES; at += Long.BYTES) {
      if (NativeMemory.getLong(address + at) != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isValid(long address, int slot, UUID storeId) {
    return NativeMemory.getLong(address + UberblockLayout.MAGIC) == UberblockLayout.MAGIC_VALUE
        && NativeMemory.getLong(address + UberblockLayout.CHECKSUM)
            == checksum(address, slot, storeId);
  }

  private static Uberblock decode(long address) {
    byte[] root = new byte[UberblockLayout.ROOT_BYTES];
    NativeMemory.copyToArray(address + UberblockLayout.ROOT, root, 0, root.length);
    SpaceEntry[] table = new SpaceEntry[SpaceGeometry.NODE_COUNT];
    for (int node = 0; node < table.length; node++) {
      table[node] = SpaceEntryLayout.decode(address + UberblockLayout.spaceEntry(node));
    }
    return new Uberblock(
        NativeMemory.getLong(address + UberblockLayout.GROUP),
        NativeMemory.getLong(address + UberblockLayout.TIME),
        root,
        List.of(table),
        new LogPosition(
            NativeMemory.getLong(address + UberblockLayout.LOG_OFFSET),
            NativeMemory.getLong(address + UberblockLayout.LOG_SEQUENCE),
            NativeMemory.getLong(address + UberblockLayout.LOG_CHAIN)));
  }

  /* The store's identity is in the seed: an uberblock left over from another store that was on the
  same device is not taken for one of this store. */
  private static long checksum(long address, int slot, UUID storeId) {
    long store =
        storeId.getMostSignificantBits() ^ Long.rotateLeft(storeId.getLeastSignificantBits(), 32);
    return Checksum.of(address, UberblockLayout.CHECKSUM, Checksum.seed(store, slot, 0));
  }
}
