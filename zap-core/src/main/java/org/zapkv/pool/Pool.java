// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.io.IoQueue;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.ZapException;
import org.zapkv.log.LogPosition;

/**
 * Blocks on a device, written copy on write and verified at every read, and the uberblocks that
 * make a group of them the state of the store.
 *
 * <p>Safe for use from several threads, except where a method says that it is for the syncing
 * thread.
 */
public final class Pool implements AutoCloseable {

  /** The size of the root that an uberblock holds for the layer above, in bytes. */
  public static final int ROOT_BYTES = UberblockLayout.ROOT_BYTES;

  /** The size of the largest block, in bytes. */
  public static final int MAX_BLOCK_BYTES = 1 << 20;

  /** The object that says where the others are; its blocks change while a group is written. */
  static final long META_OBJECT = 0;

  private final BlockDevice device;
  private final Clock clock;
  private final Label label;
  private final SpaceMap space;
  private final SpaceStore spaceStore;
  private final IoQueue queue;
  private final BlockStager stager;

  /** Blocks on their way to the device, and the uberblock: for the syncing thread. */
  private final IoMemory staging;

  /** Bitmaps and index nodes on their way from the device: guarded by the space map's lock. */
  private final IoMemory loading;

  private final AtomicLong writtenBytes = new AtomicLong();
  private volatile Uberblock committed;

  private Pool(
      BlockDevice device,
      Clock clock,
      Label label,
      Uberblock committed,
      IoMemory staging,
      IoMemory loading) {
    this.device = device;
    this.clock = clock;
    this.label = label;
    this.committed = committed;
    this.staging = staging;
    this.loading = loading;
    this.spaceStore = new SpaceStore(device, label.geometry());
    this.space =
        new SpaceMap(spaceStore, committed.spaceTable(), committed.group(), loading.address());
    this.queue = new IoQueue(device, BlockStager.MAX_IN_FLIGHT);
    this.stager = new BlockStager(this, queue, staging, device.alignmentBytes());
  }

  /**
   * Makes an empty store on a device; it is durable on return, as group 1.
   *
   * @param device the device
   * @param cache where memory for input and output comes from
   * @param clock what time it is, for uberblocks
   * @param storeId what tells the store from every other
   * @param regionShift the size of a region of the space map, as a power of two; 0 is the standard
   * @param root the root of the layer above, {@link #ROOT_BYTES} long
   * @return the pool
   * @throws ZapException if there is a store on the device already
   */
  public static Pool create(
      BlockDevice device,
      BufferCache cache,
      Clock clock,
      UUID storeId,
      int regionShift,
      byte[] root) {
    SpaceGeometry geometry =
        regionShift == 0
            ? SpaceGeometry.standard()
            : new SpaceGeometry(SpaceGeometry.DEFAULT_UNIT_SHIFT, regionShift);
    List<SpaceEntry> table = Collections.nCopies(SpaceGeometry.NODE_COUNT, SpaceEntry.EMPTY);
    Uberblock first =
        new Uberblock(1, clock.millis(), root.clone(), List.copyOf(table), LogPosition.NONE);
    Label label = Label.ofNewStore(geometry, storeId);
    IoMemory staging = cache.allocateIo(BlockStager.RING_BYTES);
    try {
      readHead(device, staging.address());
      if (Label.isPresent(staging.address())) {
        throw new ZapException("there is a store on " + device.name() + " already");
      }
      writeNewHead(device, staging.address(), label, first);
      return new Pool(device, clock, label, first, staging, allocateLoading(cache, label));
    } catch (Throwable e) {
      staging.close();
      throw e;
    }
  }

  /**
   * Opens the store on a device in the state of its newest valid uberblock.
   *
   * @param device the device
   * @param cache where memory for input and output comes from
   * @param clock what time it is, for uberblocks
   * @return the pool
   * @throws org.zapkv.error.NotAStoreException if there is no label on the device
   * @throws org.zapkv.error.FormatTooNewException if the label asks for what is not known here
   * @throws CorruptException if the label, all uberblocks or the space map are damaged
   */
  public static Pool open(BlockDevice device, BufferCache cache, Clock clock) {
    IoMemory staging = cache.allocateIo(BlockStager.RING_BYTES);
    try {
      DeviceException unreadable = readHeadInPieces(device, staging.address());
      if (unreadable != null && !Label.isPresent(staging.address())) {
        throw unreadable;
      }
      Label label = Label.decode(staging.address(), device.name());
      Uberblock newest = Uberblock.newest(staging.address(), label.storeId());
      if (newest == null) {
        throw damaged("no uberblock of " + device.name() + " is valid");
      }
      /* A process that died between writing this uberblock and flushing it left it in the memory of
      the system. What the uberblock before reaches must not be overwritten until it is durable. */
      device.flush();
      return new Pool(device, clock, label, newest, staging, allocateLoading(cache, label));
    } catch (Throwable e) {
      staging.close();
      throw e;
    }
  }

  private static IoMemory allocateLoading(BufferCache cache, Label label) {
    return cache.allocateIo(label.geometry().largestNodeBytes());
  }

  /* What cannot be read counts as damaged: there is a second copy of everything in the head. */
  private static @Nullable DeviceException readHeadInPieces(BlockDevice device, long address) {
    try {
      readHead(device, address);
      return null;
    } catch (DeviceException e) {
      long deviceBytes = device.sizeBytes();
      int pieceBytes = HeadLayout.SLOT_BYTES;
      NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
      for (int at = 0; at < HeadLayout.SIZE_BYTES && at + pieceBytes <= deviceBytes; ) {
        try {
          device.read(at, address + at, pieceBytes);
        } catch (DeviceException unreadable) {
          NativeMemory.fill(address + at, pieceBytes, (byte) 0);
        }
        at += pieceBytes;
      }
      return e;
    }
  }

  private static void readHead(BlockDevice device, long address) {
    NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
    int present = (int) Math.min(HeadLayout.SIZE_BYTES, device.sizeBytes());
    device.read(0, address, present);
  }

  /* The label goes last: a device on which making the store was cut short is not taken for one. */
  private static void writeNewHead(BlockDevice device, long address, Label label, Uberblock first) {
    device.truncate(0);
    NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
    for (int copy = 0; copy < HeadLayout.UBERBLOCK_COPIES; copy++) {
      int slot = HeadLayout.slotOf(first.group(), copy);
      first.encode(address + HeadLayout.slotOffset(slot), slot, label.storeId());
    }
    device.write(0, address, HeadLayout.SIZE_BYTES);
    device.flush();
    for (int copy = 0; copy < HeadLayout.LABEL_COPIES; copy++) {
      label.encode(address + HeadLayout.labelOffset(copy));
    }
    device.write(0, address, HeadLayout.RING_OFFSET);
    device.flush();
  }

  /**
   * The root of the layer above in the newest durable state.
   *
   * @return a copy, {@link #ROOT_BYTES} long
   */
  public byte[] committedRoot() {
    return committed.root().clone();
  }

  /**
   * The newest durable group.
   *
   * @return its number
   */
  public long committedGroup() {
    return committed.group();
  }

  /**
   * Up to where the intent log is in the newest durable state.
   *
   * @return the position
   */
  public LogPosition committedLog() {
    return committed.logPosition();
  }

  /**
   * What tells the store from every other.
   *
   * @return its identity, as the label has it
   */
  public UUID storeId() {
    return label.storeId();
  }

  /**
   * What the device is called.
   *
   * @return its name, for messages
   */
  public String deviceName() {
    return device.name();
  }

  /**
   * How large blocks are counted.
   *
   * @return the unit of allocation in bytes
   */
  public int unitBytes() {
    return label.geometry().unitBytes();
  }

  /**
   * Writes the blocks of the group being synced; for the syncing thread.
   *
   * @return the stager of this pool
   */
  public BlockStager stager() {
    return stager;
  }

  /**
   * Writes one block at once.
   *
   * @param address where its bytes are; they must not change meanwhile
   * @param sizeBytes its size
   * @param group the group that it belongs to: the open one, kept open by the caller
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @return where it is
   * @throws org.zapkv.error.StoreFullException if there is no room
   * @throws org.zapkv.error.DeviceException if it cannot be written
   */
  public BlockPointer writeNow(
      long address, int sizeBytes, long group, long objectId, long index, int level) {
    long offset = space.allocate(sizeBytes, group);
    BlockPointer pointer = pointerTo(offset, address, sizeBytes, group, objectId, index, level);
    try {
      writeBytes(offset, address, sizeBytes);
    } catch (Throwable e) {
      space.free(pointer, group);
      throw e;
    }
    return pointer;
  }

  /**
   * Reads a block and verifies it.
   *
   * @param pointer where it is, no hole
   * @param address where it goes, {@link BlockPointer#logicalBytes} long
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @throws CorruptException if the pointer is impossible, the device too short, or the checksum
   *     does not match
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  public void read(BlockPointer pointer, long address, long objectId, long index, int level) {
    String problem = pointer.problem(level);
    if (problem == null) {
      problem = readAndVerify(pointer, address, objectId, index);
    }
    if (problem != null) {
      throw new CorruptException(
          objectId,
          index,
          CorruptException.NONE,
          "%s (level %d, at byte %d of %s)"
              .formatted(problem, level, pointer.offsetBytes(), device.name()));
    }
  }

  /**
   * Whether a pointer of a data block can be one: if not, {@link #read} says why.
   *
   * @param pointer where a block is, no hole
   * @return true if its bytes can be read
   */
  public boolean isReadable(BlockPointer pointer) {
    return pointer.problem(0) == null && pointer.offsetBytes() >= 0;
  }

  /**
   * Reads bytes of the device as they are: blocks that lie next to each other. What each of them is
   * must be seen to with {@link #isIntact}.
   *
   * @param offset the first byte of the device
   * @param address where they go
   * @param lengthBytes how many
   * @throws org.zapkv.error.DeviceException if they cannot be read, or there are not so many
   */
  public void readBytes(long offset, long address, int lengthBytes) {
    device.read(offset, address, lengthBytes);
  }

  /**
   * Whether bytes are those of a data block.
   *
   * @param pointer where the block is
   * @param address where its bytes were read to
   * @param objectId the object it belongs to
   * @param index its number
   * @return false if the checksum does not match
   */
  public boolean isIntact(BlockPointer pointer, long address, long objectId, long index) {
    return checksumOf(pointer, address, objectId, index) == pointer.checksum();
  }

  private static long checksumOf(BlockPointer pointer, long address, long objectId, long index) {
    long seed = Checksum.seed(objectId, index, pointer.level());
    return Checksum.of(address, pointer.physicalBytes(), seed);
  }

  private @Nullable String readAndVerify(
      BlockPointer pointer, long address, long objectId, long index) {
    if (pointer.offsetBytes() < 0) {
      return "impossible offset";
    }
    try {
      device.read(pointer.offsetBytes(), address, pointer.physicalBytes());
    } catch (EndOfDeviceException e) {
      return "the block lies beyond the end of the device, which has " + device.sizeBytes();
    }
    long found = checksumOf(pointer, address, objectId, index);
    return found == pointer.checksum()
        ? null
        : "checksum mismatch, expected %016x, found %016x".formatted(pointer.checksum(), found);
  }

  /**
   * Frees a block: at once if the same group wrote it, else when the group is durable.
   *
   * @param pointer where it is; a hole is nothing to free
   * @param group the group that frees it: the open one only for blocks that it wrote itself
   * @throws CorruptException if the space is not in use
   */
  public void free(BlockPointer pointer, long group) {
    if (!pointer.isHole()) {
      space.free(pointer, group);
    }
  }

  /**
   * What was written since the pool was opened, and the space of the store.
   *
   * @param openGroup the group that takes changes
   * @param dirtyBytes the bytes of changed blocks that are not written yet
   * @return the figures of this moment
   */
  public PoolStatistics statistics(long openGroup, long dirtyBytes) {
    long deviceBytes = device.sizeBytes();
    return new PoolStatistics(
        label.storeId(),
        deviceBytes,
        space.usedBytes(),
        space.freeBytes(deviceBytes),
        space.pendingBytes(),
        Math.max(0, deviceBytes - space.compactEndBytes()),
        device.growableBytes(),
        openGroup,
        committed.group(),
        dirtyBytes,
        writtenBytes.get());
  }

  /**
   * Begins to compare the space that the newest durable state marks as used with the blocks that
   * are reached from it. Syncing must be paused while the audit is used.
   *
   * @param cache where memory to read into comes from
   * @return the audit, to be closed
   */
  public SpaceAudit audit(BufferCache cache) {
    return new SpaceAudit(spaceStore, committed.spaceTable(), cache);
  }

  /**
   * About where the used space of the device would end if it had no gaps to speak of.
   *
   * @return an offset in bytes; what is used beyond it keeps the device larger than it need be
   */
  public long packedEndBytes() {
    return space.packedEndBytes();
  }

  /**
   * Where the used space of the device would end after a compaction, but for a little.
   *
   * @return an offset in bytes
   */
  public long compactEndBytes() {
    return space.compactEndBytes();
  }

  /**
   * The space that blocks take.
   *
   * @return bytes
   */
  public long usedBytes() {
    return space.usedBytes();
  }

  /**
   * How large the device is.
   *
   * @return bytes
   */
  public long deviceBytes() {
    return device.sizeBytes();
  }

  /**
   * Whether so little of the device is used that it is worth moving what lies at its end.
   *
   * @return true when the device could be less than half as large, and little is used
   */
  public boolean isSpreadOut() {
    return space.isSpreadOut();
  }

  SpaceMap space() {
    return space;
  }

  long allocatableBytes() {
    return space.allocatableBytes();
  }

  boolean hasRoom(long bytes, int pieceBytes) {
    return space.hasRoom(bytes, pieceBytes);
  }

  long capacityBytes() {
    return space.capacityBytes();
  }

  void refreshCapacity() {
    space.refreshCapacity();
  }

  boolean wantsEmptyGroup() {
    return space.isTruncationOwed();
  }

  /** The open group becomes the one being synced, while nobody is in it. */
  void beginSync(long group) {
    space.beginSync(group);
  }

  /* Data, space map, flush; both copies of the uberblock, flush. After the first flush everything
  that the uberblock will reach is durable; after the second one the group is. */
  void commit(long group, byte[] root, LogPosition logPosition) {
    stager.flush();
    List<SpaceEntry> table = space.write(group, staging.address());
    device.flush();
    Uberblock next = new Uberblock(group, clock.millis(), root, table, logPosition);
    for (int copy = 0; copy < HeadLayout.UBERBLOCK_COPIES; copy++) {
      int slot = HeadLayout.slotOf(group, copy);
      next.encode(staging.address(), slot, label.storeId());
      writeBytes(HeadLayout.slotOffset(slot), staging.address(), HeadLayout.SLOT_BYTES);
    }
    device.flush();
    committed = next;
    space.committed(table);
  }

  void writeBytes(long offset, long address, int lengthBytes) {
    device.write(offset, address, lengthBytes);
    countWritten(lengthBytes);
  }

  void countWritten(int lengthBytes) {
    writtenBytes.addAndGet(lengthBytes);
  }

  static BlockPointer pointerTo(
      long offset, long address, int sizeBytes, long group, long objectId, long index, int level) {
    long checksum = Checksum.of(address, sizeBytes, Checksum.seed(objectId, index, level));
    return new BlockPointer(
        offset,
        sizeBytes,
        sizeBytes,
        group,
        checksum,
        BlockPointer.COMPRESSION_NONE,
        Checksum.TYPE_XXH64,
        level);
  }

  private static CorruptException damaged(String problem) {
    return new CorruptException(
        CorruptException.NONE, CorruptException.NONE, CorruptException.NONE, problem);
  }

  /**
   * Gives the memory back, and waits for writes that are in flight after a failure; the device
   * stays open. Syncing must have stopped.
   */
  @Override
  public void close() {
    queue.close();
    staging.close();
    loading.close();
  }
}
