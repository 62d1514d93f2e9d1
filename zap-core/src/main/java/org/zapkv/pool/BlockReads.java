// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;

/**
 * Reads blocks and verifies them; of those that have a second copy, mends the bad one. Any thread.
 */
final class BlockReads {

  /*
   * Implementation notes
   *
   * A bad copy is written once more where it is. That must be its place still: whoever reads may
   * have found the pointer a while ago, and the block may have been freed since, and its space been
   * given to another one. Space that an older group wrote is given out again only when a group has
   * become durable (Pool.commit). So whoever wants blocks mended looks at the durable group before it
   * looks for the pointer; nothing is written if another group is durable by now, nor if the block
   * belongs to a group that is not durable itself, and "reuse" keeps it so meanwhile. What is not
   * mended now is when it is read the next time.
   *
   * Lock order: reuse, then the lock of SingleWrites, or that of the space map.
   */

  /** For those who do not want anything written: no group is durable before the first. */
  static final long MEND_NOTHING = 0;

  private static final System.Logger LOGGER = System.getLogger(BlockReads.class.getName());

  private final BlockDevice device;
  private final SpaceGeometry geometry;
  private final SingleWrites singleWrites;
  private final long trailerStore;
  private final BlockCodec codec;
  private final AtomicLong mended = new AtomicLong();

  /** While it is held no space is given out again. */
  private final ReentrantLock reuse = new ReentrantLock();

  /** The newest durable group. Guarded by reuse. */
  private long durableGroup;

  BlockReads(
      BlockDevice device,
      SpaceGeometry geometry,
      SingleWrites singleWrites,
      BlockCodec codec,
      long trailerStore,
      long durableGroup) {
    this.device = device;
    this.geometry = geometry;
    this.singleWrites = singleWrites;
    this.codec = codec;
    this.trailerStore = trailerStore;
    this.durableGroup = durableGroup;
  }

  /** How many copies of blocks were bad and have been written again. */
  long mendedCopies() {
    return mended.get();
  }

  /** Does what makes space free that the last durable group had in use. */
  void groupDurable(long group, Runnable giveOutAgain) {
    reuse.lock();
    try {
      durableGroup = group;
      giveOutAgain.run();
    } finally {
      reuse.unlock();
    }
  }

  /**
   * Reads a block from whichever copy is good.
   *
   * @param seenGroup the newest durable group before the pointer was found; {@link #MEND_NOTHING}
   */
  void read(
      BlockPointer pointer, long address, long objectId, long index, int level, long seenGroup) {
    readStored(pointer, address, objectId, index, level, seenGroup);
    unpack(pointer, address, address, objectId, index);
  }

  /** Reads the payload of a block, as it is stored, from whichever copy is good. */
  void readStored(
      BlockPointer pointer, long address, long objectId, long index, int level, long seenGroup) {
    String problem = pointer.problem(level);
    if (problem == null) {
      problem = readAnyCopy(pointer, address, objectId, index, seenGroup);
    }
    if (problem != null) {
      throw damaged(pointer, objectId, index, problem);
    }
  }

  /** Makes a block of a payload that is what its pointer says; both may be at the same place. */
  void unpack(BlockPointer pointer, long payload, long address, long objectId, long index) {
    String problem = tryUnpack(pointer, payload, address);
    if (problem != null) {
      throw damaged(pointer, objectId, index, problem);
    }
  }

  private @Nullable String tryUnpack(BlockPointer pointer, long payload, long address) {
    if (pointer.isCompressed()) {
      return codec.unpack(
          payload, pointer.physicalBytes(), pointer.compression(), address, pointer.logicalBytes());
    }
    if (payload != address) {
      NativeMemory.copy(payload, address, pointer.logicalBytes());
    }
    return null;
  }

  private CorruptException damaged(
      BlockPointer pointer, long objectId, long index, String problem) {
    return new CorruptException(
        objectId,
        index,
        CorruptException.NONE,
        "%s (level %d, at byte %d of %s)"
            .formatted(problem, pointer.level(), pointer.offsetBytes(), device.name()));
  }

  private @Nullable String readAnyCopy(
      BlockPointer pointer, long address, long objectId, long index, long seenGroup) {
    if (pointer.copyCount() == 1) {
      return readCopy(pointer, 0, address, objectId, index);
    }
    String first = tryCopy(pointer, 0, address, objectId, index);
    if (first == null) {
      return null;
    }
    String second;
    try {
      second = readCopy(pointer, 1, address, objectId, index);
    } catch (DeviceException e) {
      // Not corrupt: it may be read another time.
      throw new DeviceException(first + "; the second copy: " + e.getMessage(), e);
    }
    if (second != null) {
      return "%s; the second copy, at byte %d: %s"
          .formatted(first, pointer.secondOffsetBytes(), second);
    }
    mend(pointer, 0, objectId, index, seenGroup, first);
    return null;
  }

  /** What is wrong with a copy; a device that cannot read it is one of the things. */
  private @Nullable String tryCopy(
      BlockPointer pointer, int copy, long address, long objectId, long index) {
    try {
      return readCopy(pointer, copy, address, objectId, index);
    } catch (DeviceException e) {
      return "cannot be read: " + e.getMessage();
    }
  }

  private @Nullable String readCopy(
      BlockPointer pointer, int copy, long address, long objectId, long index) {
    try {
      device.read(pointer.offsetOf(copy), address, pointer.physicalBytes());
    } catch (EndOfDeviceException e) {
      return "the block lies beyond the end of the device, which has " + device.sizeBytes();
    }
    return mismatch(pointer, address, objectId, index);
  }

  private static @Nullable String mismatch(
      BlockPointer pointer, long address, long objectId, long index) {
    long found = pointer.checksumOf(address, objectId, index);
    return found == pointer.checksum()
        ? null
        : "checksum mismatch, expected %016x, found %016x".formatted(pointer.checksum(), found);
  }

  /**
   * Reads every copy of a block, all that is stored of it.
   *
   * @param seenGroup as for {@link #read}
   * @return what is wrong, one for each bad copy
   */
  List<BadCopy> verify(
      BlockPointer pointer, long address, long objectId, long index, int level, long seenGroup) {
    List<BadCopy> badCopies = new ArrayList<>();
    int bad = -1;
    for (int copy = 0; copy < pointer.copyCount(); copy++) {
      String problem = verifyCopy(pointer, copy, address, objectId, index);
      if (problem != null) {
        bad = copy;
        badCopies.add(badCopy(pointer, copy, level, problem));
      }
    }
    boolean hasGoodCopy = badCopies.size() < pointer.copyCount();
    if (bad >= 0 && hasGoodCopy) {
      BadCopy only = badCopies.get(0);
      if (mend(pointer, bad, objectId, index, seenGroup, only.text())) {
        return List.of(new BadCopy(only.offsetBytes(), true, only.text()));
      }
    }
    return badCopies;
  }

  private BadCopy badCopy(BlockPointer pointer, int copy, int level, String problem) {
    long offset = pointer.offsetOf(copy);
    String which = copy == 0 ? "" : "second copy ";
    return new BadCopy(
        offset,
        false,
        "%s (level %d, %sat byte %d of %s)"
            .formatted(problem, level, which, offset, device.name()));
  }

  private @Nullable String verifyCopy(
      BlockPointer pointer, int copy, long address, long objectId, long index) {
    int spaceBytes = geometry.spaceBytes(pointer);
    try {
      device.read(pointer.offsetOf(copy), address, spaceBytes);
    } catch (EndOfDeviceException e) {
      return "the block lies beyond the end of the device, which has " + device.sizeBytes();
    } catch (DeviceException e) {
      return "cannot be read: " + e.getMessage();
    }
    String problem = mismatch(pointer, address, objectId, index);
    if (problem == null && pointer.hasTrailer()) {
      problem = wrongTrailer(pointer, address + spaceBytes, objectId, index);
    }
    return problem == null ? tryUnpack(pointer, address, address) : problem;
  }

  private @Nullable String wrongTrailer(BlockPointer pointer, long end, long objectId, long index) {
    BlockTrailer trailer = BlockTrailer.decode(end - BlockTrailer.SIZE_BYTES);
    boolean belongs =
        trailer != null
            && trailer.store() == trailerStore
            && trailer.objectId() == objectId
            && trailer.index() == index
            && trailer.checksum() == pointer.checksum();
    return belongs ? null : "the block is whole, but its trailer is damaged";
  }

  private boolean mend(
      BlockPointer pointer, int bad, long objectId, long index, long seenGroup, String problem) {
    long offset = pointer.offsetOf(bad);
    if (!rewrite(pointer, bad, objectId, index, seenGroup)) {
      return false;
    }
    mended.incrementAndGet();
    LOGGER.log(
        Level.WARNING,
        "object {0} block {1}: a copy at byte {2} of {3} was bad, and was written again: {4}",
        Long.toString(objectId),
        Long.toString(index),
        Long.toString(offset),
        device.name(),
        problem);
    return true;
  }

  private boolean rewrite(
      BlockPointer pointer, int bad, long objectId, long index, long seenGroup) {
    reuse.lock();
    try {
      return seenGroup == durableGroup
          && pointer.birthGroup() <= durableGroup
          && singleWrites.copy(
              pointer.offsetOf(1 - bad),
              pointer.offsetOf(bad),
              geometry.spaceBytes(pointer),
              copy -> mismatch(pointer, copy, objectId, index) == null);
    } catch (DeviceException e) {
      LOGGER.log(Level.WARNING, "a bad copy was not mended: " + e.getMessage());
      return false;
    } finally {
      reuse.unlock();
    }
  }
}
