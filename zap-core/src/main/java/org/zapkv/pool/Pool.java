// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.time.Clock;
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
import org.zapkv.error.StoreFullException;
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

  /** What groups are written to. */
  private final PatientDevice groupDevice;

  private final RoomWait roomWait = new RoomWait();
  private final Clock clock;
  private final Label label;
  private final long trailerStore;
  private final SpaceMap space;
  private final SpaceStore spaceStore;
  private final BlockReads reads;
  private final IoQueue queue;
  private final BlockStager stager;

  /** Blocks on their way to the device, and the uberblock: for the syncing thread. */
  private final IoMemory staging;

  /** Blocks that are written one at a time. */
  private final SingleWrites singleWrites;

  private final BlockCodec codec = new BlockCodec();

  /** Set before there are several threads. */
  private Compression compression = Compression.NONE;

  /** Bitmaps and index nodes on their way from the device: guarded by the space map's lock. */
  private final IoMemory loading;

  private final AtomicLong writtenBytes = new AtomicLong();
  private final AtomicLong movedBytes = new AtomicLong();
  private volatile Uberblock committed;

  private Pool(
      BlockDevice device,
      Clock clock,
      Label label,
      Uberblock committed,
      IoMemory staging,
      IoMemory loading,
      IoMemory single) {
    this.device = device;
    this.clock = clock;
    this.label = label;
    this.trailerStore = BlockTrailer.storeOf(label.storeId());
    this.committed = committed;
    this.staging = staging;
    this.loading = loading;
    this.groupDevice = new PatientDevice(device, roomWait);
    this.singleWrites = new SingleWrites(device, single);
    this.spaceStore = new SpaceStore(groupDevice, label.geometry());
    this.space =
        new SpaceMap(spaceStore, committed.spaceTable(), committed.group(), loading.address());
    space.roomWait(roomWait);
    this.reads =
        new BlockReads(
            device, label.geometry(), singleWrites, codec, trailerStore, committed.group());
    this.queue = new IoQueue(groupDevice, BlockStager.MAX_IN_FLIGHT);
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
   * @param hasLog whether the store has an intent log
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
      boolean hasLog,
      byte[] root) {
    SpaceGeometry geometry =
        regionShift == 0
            ? SpaceGeometry.standard()
            : new SpaceGeometry(SpaceGeometry.DEFAULT_UNIT_SHIFT, regionShift);
    Uberblock first = Uberblock.ofNewStore(clock.millis(), root.clone());
    Label label = Label.ofNewStore(geometry, storeId, Feature.ofNewStore(hasLog));
    IoMemory staging = cache.allocateIo(BlockStager.RING_BYTES);
    try {
      readHead(device, staging.address());
      if (Label.isPresent(staging.address())) {
        throw new ZapException("there is a store on " + device.name() + " already");
      }
      writeNewHead(device, staging.address(), label, first);
      return start(device, cache, clock, label, first, staging);
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
   * @param forWriting whether the store is going to be changed: needs more of its features known
   * @return the pool
   * @throws org.zapkv.error.NotAStoreException if there is no label on the device
   * @throws org.zapkv.error.FormatTooNewException if the label asks for what is not known here
   * @throws CorruptException if the label, all uberblocks or the space map are damaged
   */
  public static Pool open(BlockDevice device, BufferCache cache, Clock clock, boolean forWriting) {
    IoMemory staging = cache.allocateIo(BlockStager.RING_BYTES);
    try {
      DeviceException unreadable = readHeadInPieces(device, staging.address());
      if (unreadable != null && !Label.isPresent(staging.address())) {
        throw unreadable;
      }
      Label label = Label.decode(staging.address(), device.name(), forWriting);
      Uberblock newest = Uberblock.newest(staging.address(), label.storeId());
      if (newest == null) {
        throw damaged("no uberblock of " + device.name() + " is valid");
      }
      /* A process that died between writing this uberblock and flushing it left it in the memory of
      the system. What the uberblock before reaches must not be overwritten until it is durable. */
      device.flush();
      newest.warnIfNextIsLost(staging.address(), label.storeId(), device.name());
      return start(device, cache, clock, label, newest, staging);
    } catch (Throwable e) {
      staging.close();
      throw e;
    }
  }

  static Pool start(
      BlockDevice device,
      BufferCache cache,
      Clock clock,
      Label label,
      Uberblock newest,
      IoMemory staging) {
    IoMemory loading = cache.allocateIo(label.geometry().largestNodeBytes());
    IoMemory single = null;
    try {
      single = cache.allocateIo(SingleWrites.MEMORY_BYTES);
      return new Pool(device, clock, label, newest, staging, loading, single);
    } catch (Throwable e) {
      loading.close();
      if (single != null) {
        single.close();
      }
      throw e;
    }
  }

  /* What cannot be read counts as damaged: there is a second copy of everything in the head. It is
  not zeros, which a slot has that was never written. */
  static @Nullable DeviceException readHeadInPieces(BlockDevice device, long address) {
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
          NativeMemory.fill(address + at, pieceBytes, (byte) -1);
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
   * Whether the store has an intent log.
   *
   * @return true if it may not be opened without it
   */
  public boolean hasLog() {
    return label.hasLog();
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
   * @param block which block it is; its group is the open one, kept open by the caller
   * @return where it is
   * @throws org.zapkv.error.StoreFullException if there is no room
   * @throws org.zapkv.error.DeviceException if it cannot be written
   */
  public BlockPointer writeNow(long address, int sizeBytes, NewBlock block) {
    if (compression != Compression.LZ4 && !(mayPack(block) && codec.packs(address))) {
      return writeNow(Payload.plain(address, sizeBytes), block);
    }
    try (BlockCodec.Scratch scratch = scratch()) {
      NativeMemory.copyToArray(address, scratch.plain(sizeBytes), 0, sizeBytes);
      Payload packed = pack(scratch, sizeBytes, block);
      boolean fits = copyBytes(packed.sizeBytes(), block.form()) <= SingleWrites.MEMORY_BYTES;
      return writeNow(fits ? packed : Payload.plain(address, sizeBytes), block);
    }
  }

  private BlockPointer writeNow(Payload payload, NewBlock block) {
    int spaceBytes = copyBytes(payload.sizeBytes(), block.form());
    Place place = allocate(spaceBytes, block);
    BlockPointer pointer = pointerTo(place, payload, block);
    try {
      singleWrites.write(place, payload, spaceBytes, (from, end) -> end(pointer, block, from, end));
      countWritten(place.copyCount() * spaceBytes);
    } catch (Throwable e) {
      space.free(pointer, block.group());
      throw e;
    }
    return pointer;
  }

  /**
   * The space that a block takes on the device, all copies and what else is stored with it.
   *
   * @param pointer where it is; a hole takes none
   * @return bytes
   */
  public long spaceBytes(BlockPointer pointer) {
    return pointer.isHole() ? 0 : (long) pointer.copyCount() * label.geometry().spaceBytes(pointer);
  }

  /**
   * Where a block ends on the device: the one of its copies that lies highest.
   *
   * @param pointer where it is, no hole
   * @return the offset of the first byte after it
   */
  public long endBytes(BlockPointer pointer) {
    return Math.max(pointer.offsetBytes(), pointer.secondOffsetBytes()) + copyBytes(pointer);
  }

  /**
   * The most space that a block takes on the device once it is written.
   *
   * @param sizeBytes its size
   * @param form how it is stored
   * @return bytes
   */
  public int spaceBytes(int sizeBytes, BlockForm form) {
    return form.copyCount() * copyBytes(sizeBytes, form);
  }

  /** The space of one copy. */
  int copyBytes(int sizeBytes, BlockForm form) {
    int trailerBytes = hasTrailer(sizeBytes, form) ? BlockTrailer.SIZE_BYTES : 0;
    return label.geometry().spaceBytes(sizeBytes + trailerBytes);
  }

  /** The space of one copy of a block that is pointed to. */
  int copyBytes(BlockPointer pointer) {
    return label.geometry().spaceBytes(pointer);
  }

  /**
   * Says how blocks are compressed that are written from now on, and how leaves are packed, those
   * too that are there; before there are several threads.
   *
   * @param newCompression how; a new pool compresses nothing
   * @param packing how leaves are packed; null: they are not, and packed ones cannot be read
   */
  public void compressWith(Compression newCompression, @Nullable BlockPacking packing) {
    compression = newCompression;
    codec.packWith(packing);
  }

  /**
   * Has blocks written one after the other, in the order in which they are found; before there are
   * several threads.
   */
  public void writeInTurn() {
    stager.writeInTurn();
  }

  /** Whether it is worth an attempt to make a block shorter. */
  boolean compresses(NewBlock block) {
    return compression == Compression.LZ4 || mayPack(block);
  }

  private boolean mayPack(NewBlock block) {
    return compression != Compression.NONE && block.level() == 0 && label.hasLeafPacking();
  }

  BlockCodec.Scratch scratch() {
    return codec.scratch();
  }

  /** What to store of a block that is in a scratch: each thing is done only if it saves a unit. */
  Payload pack(BlockCodec.Scratch scratch, int sizeBytes, NewBlock block) {
    Payload payload = scratch.plainPayload(sizeBytes);
    if (mayPack(block)) {
      payload = shorter(scratch.pack(sizeBytes), payload, block);
    }
    if (compression == Compression.LZ4) {
      payload = shorter(scratch.compress(payload), payload, block);
    }
    return payload;
  }

  private Payload shorter(Payload payload, Payload present, NewBlock block) {
    int bytes = payload.sizeBytes();
    boolean saves =
        bytes < present.sizeBytes()
            && copyBytes(bytes, block.form()) < copyBytes(present.sizeBytes(), block.form());
    return saves ? payload : present;
  }

  /** Takes space for all copies of a block, each of a size. */
  Place allocate(int copyBytes, NewBlock block) {
    long group = block.group();
    long first = space.allocate(copyBytes, group);
    if (block.form().copyCount() == 1) {
      return new Place(first, 0);
    }
    try {
      return new Place(first, space.allocateSecond(copyBytes, group, first));
    } catch (ZapException e) {
      space.giveBack(first, copyBytes, group);
      throw e;
    }
  }

  /** The same for a block that is only moved: null if there is no room just now. */
  @Nullable Place tryAllocate(int copyBytes, NewBlock block) {
    long group = block.group();
    long first = 0;
    try {
      first = space.allocateNow(copyBytes, group);
      boolean isTwofold = block.form().copyCount() > 1;
      return new Place(first, isTwofold ? space.allocateSecondNow(copyBytes, group, first) : 0);
    } catch (StoreFullException e) {
      if (first != 0) {
        space.giveBack(first, copyBytes, group);
      }
      return null;
    }
  }

  private boolean hasTrailer(int physicalBytes, BlockForm form) {
    return form.hasTrailer() && BlockTrailer.fits(physicalBytes, unitBytes());
  }

  /** Writes what follows the payload of a block, up to its end. */
  void end(BlockPointer pointer, NewBlock block, long from, long end) {
    NativeMemory.fill(from, end - from, (byte) 0);
    if (pointer.hasTrailer()) {
      BlockTrailer.of(pointer, trailerStore, block).encode(end - BlockTrailer.SIZE_BYTES);
    }
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
    reads.read(pointer, address, objectId, index, level, BlockReads.MEND_NOTHING);
  }

  /**
   * Reads a block and verifies it, and if one of two copies is bad writes it again from the other.
   *
   * @param pointer where it is, no hole
   * @param address where it goes, {@link BlockPointer#logicalBytes} long
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @param seenGroup {@link #committedGroup} before the pointer was found; nothing is written if
   *     another group is durable by now
   * @throws CorruptException if the pointer is impossible, or no copy is good
   * @throws org.zapkv.error.DeviceException if it cannot be read, and there is one copy only
   */
  public void readAndMend(
      BlockPointer pointer, long address, long objectId, long index, int level, long seenGroup) {
    reads.read(pointer, address, objectId, index, level, seenGroup);
  }

  /**
   * Reads and verifies every copy of a block, with all that is stored of it.
   *
   * @param pointer where it is; nothing must be impossible about it
   * @param address memory to read into, {@link #MAX_BLOCK_BYTES} long
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @return what is wrong, at most one text for each copy
   */
  public List<String> verify(
      BlockPointer pointer, long address, long objectId, long index, int level) {
    return reads.verify(pointer, address, objectId, index, level, BlockReads.MEND_NOTHING).stream()
        .map(BadCopy::text)
        .toList();
  }

  /**
   * As {@link #verify}, and if one of two copies is bad writes it again from the other.
   *
   * @param pointer where it is; nothing must be impossible about it
   * @param address memory to read into, as long as a copy on the device and as the block itself
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @param seenGroup {@link #committedGroup} before the pointer was found; nothing is written if
   *     another group is durable by now
   * @return the bad copies, the mended one among them
   */
  public List<BadCopy> verifyAndMend(
      BlockPointer pointer, long address, long objectId, long index, int level, long seenGroup) {
    return reads.verify(pointer, address, objectId, index, level, seenGroup);
  }

  /** Reads the payload of a block as it is stored, and verifies it. */
  void readStored(BlockPointer pointer, long address, long objectId, long index, int level) {
    reads.readStored(pointer, address, objectId, index, level, BlockReads.MEND_NOTHING);
  }

  /**
   * Makes a block of its payload.
   *
   * @param pointer where the block is stored
   * @param payload where its payload was read to, which {@link #isIntact}
   * @param address where the block goes, {@link BlockPointer#logicalBytes} long
   * @param objectId the object it belongs to
   * @param index its number
   * @throws CorruptException if the payload cannot be decompressed
   */
  public void unpack(BlockPointer pointer, long payload, long address, long objectId, long index) {
    reads.unpack(pointer, payload, address, objectId, index);
  }

  /**
   * Whether a pointer of a data block can be one: if not, {@link #read} says why.
   *
   * @param pointer where a block is, no hole
   * @return true if its bytes can be read
   */
  public boolean isReadable(BlockPointer pointer) {
    return pointer.problem(0) == null;
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
    return pointer.checksumOf(address, objectId, index) == pointer.checksum();
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
        writtenBytes.get(),
        movedBytes.get(),
        reads.mendedCopies());
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
   * About where the used space of the device should end when it was made smaller by itself.
   *
   * @param isClosing whether no changes will follow, so that few gaps are needed
   * @return an offset in bytes; what is used beyond it keeps the device larger than it need be
   */
  public long settledEndBytes(boolean isClosing) {
    return space.settledEndBytes(isClosing);
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
   * How much lies, or lay, so high on the device that it is worth moving it by itself.
   *
   * @param isClosing whether no changes will follow, so that few gaps are needed
   * @return bytes between where the used space ends and where it should; 0 if that is little, or so
   *     much is used that what lies there would take long to find
   */
  public long spreadBytes(boolean isClosing) {
    return space.spreadBytes(isClosing);
  }

  SpaceMap space() {
    return space;
  }

  long allocatableBytes() {
    return space.allocatableBytes();
  }

  RoomWait roomWait() {
    return roomWait;
  }

  boolean hasRoomBehind(long bytes, int pieceBytes) {
    return space.hasRoomBehind(bytes, pieceBytes);
  }

  boolean hasRoom(long bytes, int pieceBytes) {
    return space.hasRoom(bytes, pieceBytes);
  }

  long capacityBytes() {
    return space.capacityBytes();
  }

  /** Asks the device again how far it can grow, as somebody else may have filled its disk. */
  public void refreshCapacity() {
    space.refreshCapacity();
  }

  boolean wantsEmptyGroup() {
    return space.wantsEmptyGroup();
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
      groupDevice.write(HeadLayout.slotOffset(slot), staging.address(), HeadLayout.SLOT_BYTES);
      countWritten(HeadLayout.SLOT_BYTES);
    }
    device.flush();
    committed = next;
    reads.groupDurable(group, () -> space.committed(table));
  }

  void writeBytes(long offset, long address, int lengthBytes) {
    device.write(offset, address, lengthBytes);
    countWritten(lengthBytes);
  }

  void countWritten(int lengthBytes) {
    writtenBytes.addAndGet(lengthBytes);
  }

  void countMoved(int lengthBytes) {
    movedBytes.addAndGet(lengthBytes);
  }

  BlockPointer pointerTo(Place place, Payload payload, NewBlock block) {
    return new BlockPointer(
        place.first(),
        place.second(),
        payload.logicalBytes(),
        payload.sizeBytes(),
        block.group(),
        payload.checksum(block),
        payload.form(),
        Checksum.TYPE_XXH64,
        block.level(),
        hasTrailer(payload.sizeBytes(), block.form()));
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
    singleWrites.close();
  }
}
