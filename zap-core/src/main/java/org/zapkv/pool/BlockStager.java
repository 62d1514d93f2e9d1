// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.io.IoQueue;
import org.zapkv.cache.io.IoTicket;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/**
 * Writes the blocks of the group being synced: gathers blocks that lie one after the other, writes
 * them at once, and has several such writes in flight. Used by the syncing thread alone.
 */
public final class BlockStager {

  /*
   * Implementation notes
   *
   * A block is copied as of its group, and the copy is checksummed and written: what changes in the
   * buffer meanwhile, for the next group, reaches neither. Its pointer is known, and goes into its
   * parent, before it is on the device. That is safe because the buffer stays dirty until then: it
   * is in the cache and nobody looks for its pointer. After the write it is clean and may go. Not so
   * with a block that is copied: nothing of it need be in the cache, so its pointer waits for flush().
   *
   * The copies are in one piece of memory, used as a ring:
   *
   *      in flight, oldest first            being filled     free
   *   |  run  |  run  |  run  |  (end)       |  run ..
   *
   * A run begins after the last one, or at the beginning of the ring, and before a block is copied
   * the runs that are still in its place are waited for, always the oldest first. A run leaves the
   * list only when it was written well; so after a failure every later call fails too.
   *
   * A short run is written here and now where the device is the page cache: that takes some
   * microseconds, and waking another thread for it, and waiting for it, many times that. In a file with
   * holes most runs are one block.
   *
   * Writes in flight are not ordered, so no two of them may be to the same place: a block that is
   * written twice in a group has left the stager before its space is freed, see TreeWriter.change.
   *
   * Indirect blocks are made dirty by the syncing thread itself, if need be in the cache's reserve,
   * which is small: when some wait here they are written early, so that they can go.
   */

  /** At least one block of the largest size, and some runs. */
  static final int RING_BYTES = Pool.MAX_BLOCK_BYTES;

  /** How many writes are in flight at most. */
  static final int MAX_IN_FLIGHT = 4;

  /** Longer runs are no faster, and with shorter ones more of them are in flight. */
  private static final int MAX_RUN_BYTES = RING_BYTES / MAX_IN_FLIGHT;

  /** Runs that are no longer are not handed over to another thread. */
  private static final int MAX_OWN_RUN_BYTES = 64 << 10;

  /**
   * With so many bytes of indirect blocks here they are written: a quarter of the least reserve.
   */
  private static final int MAX_INDIRECT_BYTES = 256 << 10;

  private final Pool pool;
  private final IoQueue queue;
  private final IoMemory ring;
  private final int alignmentBytes;
  private final ArrayDeque<Run> inFlight = new ArrayDeque<>();
  private Run filling = new Run(new Place(0, 0), 0);
  private int indirectBytes;

  /** Whether writes may be handed over to other threads. Set before anything is written. */
  private boolean background = true;

  private Listener listener = (group, bytes) -> {};

  /** A block, and how many bytes of it count as dirty until it is written. */
  private record Staged(Buffer buffer, long group, int dirtyBytes) {}

  /** Is told of what is written. */
  interface Listener {
    /** So many bytes of a group need not be written any more. */
    void written(long group, long bytes);
  }

  /** Blocks that are written at once; if they have second copies, all do, also in one piece. */
  private static final class Run {
    final Place place;
    final int at;
    final List<Staged> staged = new ArrayList<>();
    final List<IoTicket> tickets = new ArrayList<>();
    int bytes;
    int indirectBytes;

    Run(Place place, int at) {
      this.place = place;
      this.at = at;
    }

    int end() {
      return at + bytes;
    }

    boolean covers(int from, int to) {
      return at < to && from < end();
    }
  }

  BlockStager(Pool pool, IoQueue queue, IoMemory ring, int alignmentBytes) {
    this.pool = pool;
    this.queue = queue;
    this.ring = ring;
    this.alignmentBytes = alignmentBytes;
  }

  /** Has everything written by the thread that syncs; before anything is. */
  void writeInTurn() {
    background = false;
  }

  /** Says whom to tell of what is written; before anything is. */
  void listener(Listener newListener) {
    listener = newListener;
  }

  /**
   * Takes a dirty block to be written: now or with later ones, at the latest in {@link #flush}. It
   * is cleaned when it is written.
   *
   * @param buffer the block, dirty in the group
   * @param block which block it is; its group is the one being synced
   * @return where it is, or will be
   */
  public BlockPointer stage(Buffer buffer, NewBlock block) {
    BlockPointer pointer =
        pool.packer().compresses(block) ? stagePacked(buffer, block) : stagePlain(buffer, block);
    int sizeBytes = buffer.sizeBytes();
    // Only data blocks were counted: the others are made dirty here, while the group is written.
    boolean isCounted = block.level() == 0 && block.objectId() != Pool.META_OBJECT;
    filling.staged.add(new Staged(buffer, block.group(), isCounted ? sizeBytes : 0));
    if (block.level() > 0) {
      filling.indirectBytes += sizeBytes;
      indirectBytes += sizeBytes;
    }
    return pointer;
  }

  private BlockPointer stagePlain(Buffer buffer, NewBlock block) {
    int sizeBytes = buffer.sizeBytes();
    int spaceBytes = pool.copyBytes(sizeBytes, block.form());
    Place place = pool.allocate(spaceBytes, block);
    long copy = makeRoom(place, spaceBytes);
    buffer.copyOut(block.group(), copy);
    return complete(place, Payload.plain(copy, sizeBytes), copy, spaceBytes, block);
  }

  private BlockPointer stagePacked(Buffer buffer, NewBlock block) {
    int sizeBytes = buffer.sizeBytes();
    try (BlockCodec.Scratch scratch = pool.packer().scratch()) {
      buffer.copyOut(block.group(), scratch.plain(sizeBytes));
      Payload payload = pool.packer().pack(scratch, sizeBytes, block);
      int spaceBytes = pool.copyBytes(payload.sizeBytes(), block.form());
      Place place = pool.allocate(spaceBytes, block);
      long copy = makeRoom(place, spaceBytes);
      payload.copyTo(copy);
      return complete(place, payload, copy, spaceBytes, block);
    }
  }

  /** The payload is in the ring: adds the rest of the block to the run. */
  private BlockPointer complete(
      Place place, Payload payload, long copy, int spaceBytes, NewBlock block) {
    BlockPointer pointer = pool.pointerTo(place, payload, block);
    pool.end(pointer, block, copy + payload.sizeBytes(), copy + spaceBytes);
    filling.bytes += spaceBytes;
    return pointer;
  }

  /**
   * Takes a stored block to be written once more, elsewhere. Whoever can read the block must not
   * find the new place before {@link #flush}.
   *
   * @param pointer where it is; what it holds stays the same
   * @param block which block it is; its group is the one being synced
   * @return where it is, or will be; where it was, if there is no space before that, or none at
   *     all: nobody waits for room because of this
   * @throws CorruptException if it is damaged or cannot be read
   */
  public BlockPointer copy(BlockPointer pointer, NewBlock block) {
    long group = block.group();
    int spaceBytes = pool.copyBytes(pointer);
    Place place = pool.tryAllocate(spaceBytes, block);
    if (place == null) {
      return pointer;
    }
    if (Math.max(place.first(), place.second())
        > Math.max(pointer.offsetBytes(), pointer.secondOffsetBytes())) {
      pool.free(pointer.movedTo(place.first(), place.second(), group, 0), group);
      return pointer;
    }
    long copy = makeRoom(place, spaceBytes);
    try {
      pool.readStored(pointer, copy, block.objectId(), block.index(), block.level());
    } catch (DeviceException e) {
      /* Not a failed write, which would be for good. */
      pool.free(pointer.movedTo(place.first(), place.second(), group, 0), group);
      throw new CorruptException(
          block.objectId(),
          block.index(),
          CorruptException.NONE,
          "cannot be read: " + e.getMessage());
    } catch (ZapException e) {
      pool.free(pointer.movedTo(place.first(), place.second(), group, 0), group);
      throw e;
    }
    filling.bytes += spaceBytes;
    pool.countMoved(place.copyCount() * spaceBytes);
    int payloadBytes = pointer.physicalBytes();
    long checksum = Payload.plain(copy, payloadBytes).checksum(block);
    BlockPointer moved = pointer.movedTo(place.first(), place.second(), group, checksum);
    pool.end(moved, block, copy + payloadBytes, copy + spaceBytes);
    return moved;
  }

  /** Makes room at the end of the run, or in a new one; gives the address. */
  private long makeRoom(Place place, int sizeBytes) {
    if (indirectBytes >= MAX_INDIRECT_BYTES) {
      submit();
      while (indirectBytes >= MAX_INDIRECT_BYTES) {
        awaitOldest();
      }
    }
    if (!canFollow(place, sizeBytes)) {
      int end = filling.end();
      submit();
      int room = Math.max(sizeBytes, MAX_RUN_BYTES);
      filling = new Run(place, placeOfRun(end, place.first(), room));
    }
    int at = filling.end();
    while (isInUse(at, at + sizeBytes)) {
      awaitOldest();
    }
    return ring.address() + at;
  }

  /**
   * Where a run begins: at or after a place in the ring, or in its beginning. In memory it lies to
   * the device's alignment as it does on the device, so that its aligned part needs no other copy.
   */
  private int placeOfRun(int from, long offset, int roomBytes) {
    int skew = (int) (offset & (alignmentBytes - 1));
    int next = ((from - skew + alignmentBytes - 1) & -alignmentBytes) + skew;
    if (next + roomBytes <= RING_BYTES) {
      return next;
    }
    return skew + roomBytes <= RING_BYTES ? skew : 0;
  }

  private boolean canFollow(Place next, int sizeBytes) {
    Place present = filling.place;
    return next.first() == present.first() + filling.bytes
        && next.copyCount() == present.copyCount()
        && (next.second() == 0 || next.second() == present.second() + filling.bytes)
        && filling.bytes > 0
        && filling.bytes + sizeBytes <= MAX_RUN_BYTES;
  }

  private boolean isInUse(int from, int to) {
    for (Run run : inFlight) {
      if (run.covers(from, to)) {
        return true;
      }
    }
    return false;
  }

  /** Writes what was staged, and waits until it is written. */
  public void flush() {
    submit();
    while (!inFlight.isEmpty()) {
      awaitOldest();
    }
  }

  /** Begins to write the run that is being filled; an empty one follows, to be replaced. */
  private void submit() {
    Run run = filling;
    if (run.bytes > 0) {
      filling = new Run(new Place(0, 0), run.end());
      inFlight.add(run);
      for (int copy = 0; copy < run.place.copyCount(); copy++) {
        run.tickets.add(write(run, run.place.offsetOf(copy)));
      }
    }
    for (Run oldest = inFlight.peek(); oldest != null; oldest = inFlight.peek()) {
      for (IoTicket ticket : oldest.tickets) {
        if (!ticket.hasEnded()) {
          return;
        }
      }
      awaitOldest();
    }
  }

  private IoTicket write(Run run, long offset) {
    // A device that wants alignment is one past the page cache: there the write takes its time.
    boolean isQuick = alignmentBytes == 1 && run.bytes <= MAX_OWN_RUN_BYTES;
    return isQuick || !background
        ? queue.writeHere(offset, ring, run.at, run.bytes)
        : queue.write(offset, ring, run.at, run.bytes);
  }

  private void awaitOldest() {
    Run oldest = inFlight.element();
    if (oldest.tickets.size() < oldest.place.copyCount()) {
      throw new IllegalStateException("a copy of a run was never written");
    }
    oldest.tickets.forEach(IoTicket::await);
    inFlight.remove();
    pool.countWritten(oldest.tickets.size() * oldest.bytes);
    indirectBytes -= oldest.indirectBytes;
    for (Staged staged : oldest.staged) {
      staged.buffer.clean(staged.group);
      if (staged.dirtyBytes > 0) {
        listener.written(staged.group, staged.dirtyBytes);
      }
    }
  }
}
