// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;

/**
 * The intent log of a store: a sequence of records in a file of its own, written one after the
 * other, so that a commit costs one write and a flush that it shares with the commits of other
 * threads. After a crash the log has every record that was durable, and of the others those up to
 * the first that is not whole.
 *
 * <p>Used in this order: {@link #create}, or {@link #open} and {@link #replay}; {@link #start};
 * then, by any number of threads, the rest; {@link #close}.
 */
public final class IntentLog implements AutoCloseable {
  /** The longest record, in bytes. */
  public static final int MAX_RECORD_BYTES = Integer.MAX_VALUE - 64;

  /*
   * Implementation notes
   *
   * A record goes  append --> active block --seal--> sealed block --write--> written --flush--> durable
   *
   * There are two blocks of memory: one is filled (active) while the other is written (sealed). Who
   * writes is whoever needs it: a thread that appends and finds the active block full, or one that
   * waits for a record to be durable. One at a time writes (`writing`), one at a time flushes
   * (`flushing`), and a write may go on beside a flush, which then does not count for it.
   *
   * awaitDurable: who finds nobody flushing does it for all: seals, writes, flushes. The others park
   * (LogWaiters). Whenever `durableSequence` moves, those who wait for no more are woken, and one
   * more, who flushes for the rest.
   *
   * Before that it waits a moment for others to come (LogGathering).
   *
   * A record that does not fit into the active block lets the lock go while a block is written.
   * `midRecord` keeps the others from appending meanwhile. They may seal and write the block: a
   * record may be cut anywhere.
   *
   * Room (LogRoom). There is always one segment more than the log and what is reserved can fill.
   * position() moves the log to a new segment when somebody was refused: then all older segments become
   * free.
   *
   * After start() the new chain is not reachable by a reader until an uberblock has its position
   * (`anchored`): until then no record is durable whatever was flushed, and the segments that a
   * reader would need are not used.
   *
   * Sequences never come again in the life of a store, and what a block says to be durable is never
   * beyond the last record of the start before (start() sees to that). So a block of any age that
   * says so proves that a record that is missing at the end was durable once.
   *
   * Lock order: the lock (LogGuard) is below everything that its callers hold. No device is called
   * under it, and no listener. Failures are told after it was let go.
   */

  private static final System.Logger LOGGER = System.getLogger(IntentLog.class.getName());

  private static final int SEGMENT_BYTES = 1 << 20;

  private final BlockDevice device;
  private final long storeSeed;
  private final LogPosition from;
  private final IoMemory firstMemory;
  private final IoMemory secondMemory;
  private final BackgroundTask flusher;

  /** Gives the numbers of chains. Set before the log is started. */
  private LongSupplier chains = new SecureRandom()::nextLong;

  /** Whether other threads flush and make room. Set before the log is started. */
  private boolean background = true;

  private final LogGuard guard;

  /** Signalled when a record that was cut is whole. */
  private final Condition recordEnded;

  /* Guarded by lock. */
  private final LogSegments segments;
  private final LogRoom room;
  private final LogWaiters waiters = new LogWaiters();
  private final LogGathering gathering;
  private LogBlock active;
  private LogBlock idle;
  private @Nullable LogBlock sealed;
  private boolean writing;
  private boolean flushing;
  private boolean midRecord;
  private boolean replayed;
  private boolean torn;
  private boolean started;
  private boolean anchored;
  private long writtenSequence;

  /** The position that was given out last, and the last one that was released. */
  private @Nullable LogPosition given;

  private @Nullable LogPosition released;

  /** Written under lock, read by anyone. */
  private volatile long lastSequence;

  private volatile long durableSequence;
  private volatile long usedBytes;
  private volatile boolean wantsPosition;

  private IntentLog(
      BlockDevice device, BufferCache cache, LogHead head, LogPosition from, long deviceBytes) {
    this.device = device;
    this.storeSeed = LogChecksum.storeSeed(head.storeId());
    this.from = from;
    this.guard = new LogGuard(device.name());
    this.recordEnded = guard.newCondition();
    this.gathering = new LogGathering(guard, () -> lastSequence);
    guard.onEnd(this::wakeAll);
    this.segments = new LogSegments(head.segmentBytes(), deviceBytes);
    this.room = new LogRoom(guard, device, cache, segments, this::leftInSegment);
    this.lastSequence = from.sequence();
    this.durableSequence = from.sequence();
    this.flusher = new BackgroundTask("zap-log-flush-" + device.name(), this::flushAll);
    this.firstMemory = cache.allocateIo(LogBlockLayout.MAX_BLOCK_BYTES);
    try {
      this.secondMemory = cache.allocateIo(LogBlockLayout.MAX_BLOCK_BYTES);
    } catch (RuntimeException e) {
      firstMemory.close();
      throw e;
    }
    this.active = new LogBlock(firstMemory.address());
    this.idle = new LogBlock(secondMemory.address());
  }

  /**
   * Makes an empty log; it is durable on return.
   *
   * @param device what it is written to; what was there is lost
   * @param cache where memory to write from comes from
   * @param storeId the store that it belongs to
   * @return the log, to be started
   * @throws org.zapkv.error.DeviceException if the device cannot be written
   */
  public static IntentLog create(BlockDevice device, BufferCache cache, UUID storeId) {
    return create(device, cache, storeId, SEGMENT_BYTES);
  }

  /** With segments of another size, so that a test reaches the next one soon. */
  static IntentLog create(BlockDevice device, BufferCache cache, UUID storeId, int segmentBytes) {
    LogHead head = new LogHead(segmentBytes, storeId);
    device.truncate(0);
    try (IoMemory memory = cache.allocateIo(LogHeadLayout.HEAD_BYTES)) {
      head.encode(memory.address());
      device.write(0, memory.address(), LogHeadLayout.HEAD_BYTES);
    }
    device.flush();
    IntentLog log = new IntentLog(device, cache, head, LogPosition.NONE, 0);
    log.replayed = true;
    return log;
  }

  /**
   * Opens a log. Changes no byte of it.
   *
   * @param device what it is on
   * @param cache where memory comes from
   * @param storeId the store that it belongs to
   * @param from the position of the newest uberblock
   * @return the log, to be replayed
   * @throws CorruptException if the head is damaged, or of another store
   * @throws org.zapkv.error.FormatTooNewException if a newer version wrote it
   */
  public static IntentLog open(
      BlockDevice device, BufferCache cache, UUID storeId, LogPosition from) {
    // Records of a process that was killed may be in the memory of the system only. What is
    // replayed gets onto the disk with a group: a crash after that must not take it from the log.
    device.flush();
    long deviceBytes = device.sizeBytes();
    LogHead head;
    try (IoMemory memory = cache.allocateIo(LogHeadLayout.HEAD_BYTES)) {
      int present = (int) Math.min(deviceBytes, LogHeadLayout.HEAD_BYTES);
      NativeMemory.fill(memory.address(), LogHeadLayout.HEAD_BYTES, (byte) 0);
      device.read(0, memory.address(), present);
      head = LogHead.decode(memory.address(), device.name(), storeId);
    }
    return new IntentLog(device, cache, head, from, deviceBytes);
  }

  /**
   * Has everything done by the threads that call; before the log is started.
   *
   * @param numbers gives the numbers of chains, of which no two in a log may be equal
   */
  public void workInTurn(LongSupplier numbers) {
    chains = numbers;
    background = false;
    room.workInTurn();
  }

  /**
   * Reads the records after the position that the log was opened with, verifies them, and gives
   * them out in their order. A tail that is not whole and never was durable is left out silently.
   * May be called several times before {@link #start}, each from the beginning. Until then {@link
   * #position} stays what the log was opened with: after a crash meanwhile all is replayed again.
   *
   * @param consumer takes the records; a {@link CorruptException} of it counts as damage
   * @return how many there were
   * @throws CorruptException if a record is damaged that had been durable: found by a block that
   *     says so. Or if the device refuses to read it. Those before it have been given out
   */
  public long replay(LogConsumer consumer) {
    guard.lock();
    try {
      guard.checkUsable();
      if (started) {
        throw new IllegalStateException("the intent log " + device.name() + " is started");
      }
    } finally {
      guard.unlock();
    }
    LogReader reader = new LogReader(device, storeSeed, segments, firstMemory.address());
    CorruptException refusal = null;
    long count = 0;
    try {
      count = reader.read(from, consumer);
    } catch (CorruptException e) {
      refusal = e;
    }
    long wasDurable = reader.findDurableSequence();
    guard.lock();
    try {
      replayed = true;
      boolean isDamaged =
          refusal != null || wasDurable > reader.lastSequence() || reader.unreadable() != null;
      torn = !isDamaged && reader.isTorn();
      segments.keep(reader.touched());
      lastSequence = Math.max(reader.lastSequence(), wasDurable);
    } finally {
      guard.unlock();
    }
    if (refusal != null) {
      throw refusal;
    }
    if (wasDurable > reader.lastSequence()) {
      throw damaged(
          reader,
          "is damaged or missing, and was durable: others say so, up to record " + wasDurable);
    }
    DeviceException unreadable = reader.unreadable();
    if (unreadable != null) {
      throw damaged(reader, "cannot be read: " + unreadable.getMessage());
    }
    return count;
  }

  /**
   * Whether the last {@link #replay} saw that a crash had cut a write off. It need not have left
   * anything to be seen.
   *
   * @return whether there was the beginning of a block or record without its end
   */
  public boolean wasTorn() {
    guard.lock();
    try {
      return torn;
    } finally {
      guard.unlock();
    }
  }

  private CorruptException damaged(LogReader reader, String problem) {
    return new CorruptException(
        CorruptException.NONE,
        CorruptException.NONE,
        reader.endOffset(),
        "the intent log %s: the block at offset %d, with record %d, %s. The records before it are whole"
            .formatted(device.name(), reader.endOffset(), reader.lastSequence() + 1, problem));
  }

  /**
   * Lets records be appended. What was before {@link #position}, and what else is on the device, is
   * never replayed again once a group with the new position is durable; before that nothing
   * appended is, see {@link #wantsPosition}. After a {@link CorruptException} of {@link #replay}
   * this gives up what that could not read.
   *
   * @throws StoreFullException if the device has no room for a segment
   * @throws StoreFailedException if the device cannot be written
   */
  public void start() {
    guard.lock();
    try {
      guard.checkUsable();
      if (!replayed || started) {
        throw new IllegalStateException(
            "the intent log " + device.name() + (started ? " is started" : " is to be replayed"));
      }
      room.requireSegment();
      writtenSequence = lastSequence;
      beginBlock(segments.take(), chains.getAsLong());
      started = true;
      wantsPosition = true;
    } finally {
      guard.unlockAndTell();
    }
  }

  /** Makes the block active that is idle. Under lock. */
  private void beginBlock(long offsetBytes, long chain) {
    int capacity = Math.min(segments.leftBytes(offsetBytes), LogBlockLayout.MAX_BLOCK_BYTES);
    active.begin(offsetBytes, capacity, chain);
  }

  /**
   * Whom to tell when the log fails, once, on the thread that found it.
   *
   * @param listener told what failed; must not wait for anything
   */
  public void onFailure(Consumer<Throwable> listener) {
    guard.onFailure(listener);
  }

  /**
   * Takes no more records, because the store has failed elsewhere. Those who wait are told.
   *
   * @param cause what failed
   */
  public void fail(Throwable cause) {
    guard.lock();
    try {
      guard.failed(cause);
    } finally {
      guard.unlockAndTell();
    }
  }

  /** Under lock. */
  private void wakeAll() {
    LogWaiters.wake(waiters.take(Long.MAX_VALUE));
    recordEnded.signalAll();
    gathering.end();
  }

  private void checkStarted() {
    guard.checkUsable();
    if (!started) {
      throw new IllegalStateException("the intent log " + device.name() + " is not started");
    }
  }

  /**
   * Sees to it that there is room on the device for a record, before anything is changed. To be
   * given back with {@link #release} when the record is appended or not needed.
   *
   * @param payloadBytes how long it may be
   * @return false if there is not, and no more can be had until a transaction group has been synced
   * @throws StoreFullException if the device has no room for it, whatever is synced
   * @throws StoreFailedException if the log has failed
   */
  public boolean tryReserve(long payloadBytes) {
    guard.lock();
    try {
      checkStarted();
      boolean isReserved = room.tryReserve(payloadBytes);
      if (!isReserved) {
        wantsPosition = true;
      }
      return isReserved;
    } finally {
      guard.unlockAndTell();
    }
  }

  /** How much of its segment the block that is filled leaves. Under lock. */
  private long leftInSegment() {
    return segments.leftBytes(active.offsetBytes()) - (long) active.sizeBytes();
  }

  /**
   * Gives room back.
   *
   * @param payloadBytes what was reserved
   */
  public void release(long payloadBytes) {
    room.release(payloadBytes);
  }

  /**
   * Appends a record: after those appended before, so the caller holds whatever makes this order
   * the order of the changes. Copies it; may wait for others to be written, not for a flush.
   *
   * @param parts what the record consists of, one after the other; for which room is reserved
   * @return its sequence, one more than that of the record before
   * @throws StoreFailedException if the log has failed
   */
  public long append(byte[]... parts) {
    RecordSource record = new RecordSource(parts);
    guard.lock();
    try {
      checkStarted();
      while (midRecord) {
        recordEnded.awaitUninterruptibly();
        guard.checkUsable();
      }
      long sequence = lastSequence + 1;
      if (!active.put(record, sequence)) {
        appendRest(record, sequence);
      }
      lastSequence = sequence;
      gathering.appended(sequence);
      return sequence;
    } finally {
      guard.unlockAndTell();
    }
  }

  /** Under lock, which it leaves while blocks are written. */
  private void appendRest(RecordSource record, long sequence) {
    midRecord = true;
    try {
      do {
        while (sealed != null) {
          writeSealed();
          guard.checkUsable();
        }
        // Somebody else may have sealed it meanwhile.
        if (!active.isEmpty()) {
          seal(false);
          guard.checkUsable();
        }
      } while (!active.put(record, sequence));
    } catch (RuntimeException | Error e) {
      // A part of the record is in the log, which goes on with it or not at all.
      if (guard.isUsable()) {
        guard.failed(e);
      }
      throw e;
    } finally {
      midRecord = false;
      recordEnded.signalAll();
    }
  }

  /** Seals the active block; none is sealed yet. Under lock. */
  private void seal(boolean moves) {
    LogBlock full = active;
    long next = full.offsetBytes() + full.sizeBytes();
    if (moves || (next - LogHeadLayout.HEAD_BYTES) % segments.segmentBytes() == 0) {
      if (segments.freeCount() == 0) {
        guard.failed(new IllegalStateException("no room was reserved for what was appended"));
        return;
      }
      next = segments.take();
    }
    long chain = full.seal(next, lastSequence, durableSequence, storeSeed);
    sealed = full;
    active = idle;
    idle = full;
    beginBlock(next, chain);
    countUsed();
  }

  /** Under lock. */
  private void countUsed() {
    LogPosition oldest = released;
    if (oldest != null) {
      usedBytes = segments.distanceBytes(oldest.offsetBytes(), active.offsetBytes());
    }
  }

  /** Writes the sealed block, or waits for who does. Under lock, which it leaves meanwhile. */
  private void writeSealed() {
    LogBlock block = sealed;
    if (writing || block == null) {
      guard.awaitWhile(() -> writing);
      return;
    }
    writing = true;
    try {
      guard.unlocked(() -> device.write(block.offsetBytes(), block.address(), block.sizeBytes()));
      writtenSequence = block.lastSequence();
      sealed = null;
    } catch (Throwable e) {
      guard.failed(e);
    } finally {
      writing = false;
      guard.ioEnded();
    }
  }

  /**
   * Waits until a record is durable: writes and flushes it, and whatever else waits, or waits for
   * the thread that does. Not interruptible. Right after {@link #start} it waits until a group with
   * the new position is durable.
   *
   * @param sequence the record's
   * @throws StoreFailedException if the log has failed before the record was durable
   */
  public void awaitDurable(long sequence) {
    boolean interrupted = false;
    try {
      while (durableSequence < sequence) {
        LogWaiters.Waiter waiter = flushOrQueue(sequence);
        if (waiter != null) {
          interrupted = waiter.await() || interrupted;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Flushes for all, or gives what to wait on while somebody else does. */
  private LogWaiters.@Nullable Waiter flushOrQueue(long sequence) {
    LogWaiters.Waiter woken = null;
    guard.lock();
    try {
      if (durableSequence >= sequence) {
        return null;
      }
      checkStarted();
      if (sequence > lastSequence) {
        throw new IllegalArgumentException(
            "record " + sequence + " is not appended, the last one is " + lastSequence);
      }
      if (flushing || !anchored) {
        return waiters.add(sequence);
      }
      flush();
      woken = waiters.take(durableSequence);
    } finally {
      guard.unlock();
      LogWaiters.wake(woken);
      guard.tellFailure();
    }
    return null;
  }

  /** Makes durable what has been appended. Under lock, which it leaves meanwhile. */
  private void flush() {
    flushing = true;
    try {
      gathering.await(durableSequence);
      long target = lastSequence;
      while (writtenSequence < target && guard.isUsable()) {
        if (sealed == null) {
          seal(false);
        } else {
          writeSealed();
        }
      }
      if (guard.isUsable()) {
        long written = writtenSequence;
        long begun = System.nanoTime();
        guard.unlocked(device::flush);
        long took = System.nanoTime() - begun;
        durableSequence = Math.max(durableSequence, written);
        gathering.flushed(1 + waiters.count(), took);
      }
    } catch (Throwable e) {
      guard.failed(e);
    } finally {
      flushing = false;
      guard.ioEnded();
    }
  }

  /**
   * Has a record made durable within a time, without waiting for it; after {@link #workInTurn} it
   * is durable on return, unless the log has failed.
   *
   * @param sequence the record's
   * @param bound how long it may take
   */
  public void requestFlush(long sequence, Duration bound) {
    if (durableSequence < sequence) {
      if (background) {
        flusher.request(bound);
      } else {
        flushAll();
      }
    }
  }

  private void flushAll() {
    try {
      awaitDurable(lastSequence);
    } catch (StoreFailedException | ClosedException e) {
      // Whoever commits next is told, and the listener was.
      LOGGER.log(System.Logger.Level.DEBUG, "not flushed in the background", e);
    }
  }

  /**
   * The newest record.
   *
   * @return its sequence; 0 if there never was one
   */
  public long lastSequence() {
    return lastSequence;
  }

  /**
   * The newest record that is durable, in the log or in a transaction group.
   *
   * @return its sequence: those before it are durable too
   */
  public long durableSequence() {
    return durableSequence;
  }

  /**
   * The position after the newest record; while nobody appends. Before {@link #start} it is the one
   * that the log was opened with.
   *
   * @return what the uberblock of the group that is closed now has to hold
   */
  public LogPosition position() {
    guard.lock();
    try {
      if (!started) {
        return from;
      }
      if (anchored && wantsPosition) {
        moveOn();
      }
      wantsPosition = !anchored;
      LogPosition position =
          new LogPosition(active.offsetBytes(), lastSequence, active.chainBefore());
      given = position;
      return position;
    } finally {
      guard.unlockAndTell();
    }
  }

  /** Begins a segment, if there is a free one, so that this position frees all before it. */
  private void moveOn() {
    while (sealed != null && guard.isUsable()) {
      writeSealed();
    }
    if (guard.isUsable()
        && segments.freeCount() > 0
        && !(active.isEmpty() && segments.isStart(active.offsetBytes()))) {
      seal(true);
    }
  }

  /**
   * Whether a group has to be synced, be it empty, so that an uberblock holds the position: after
   * {@link #start}, and when {@link #tryReserve} found no room.
   *
   * @return true until {@link #released} was called for such a group
   */
  public boolean wantsPosition() {
    return wantsPosition;
  }

  /**
   * A group is durable: what lies before its position is not needed any more, its records are
   * durable, and whoever waits for them is told.
   *
   * @param durable the position that its uberblock holds
   */
  public void released(LogPosition durable) {
    LogWaiters.Waiter woken = null;
    guard.lock();
    try {
      // Not so for a group that was closed before the start.
      if (!durable.equals(given)) {
        return;
      }
      if (!anchored) {
        anchored = true;
        wantsPosition = false;
      }
      released = durable;
      room.releaseBefore(durable.offsetBytes());
      countUsed();
      durableSequence = Math.max(durableSequence, durable.sequence());
      woken = waiters.take(durableSequence);
      room.cutEnd();
    } finally {
      guard.unlock();
      LogWaiters.wake(woken);
      guard.tellFailure();
    }
  }

  /**
   * How much of the log is needed.
   *
   * @return bytes between the position of the newest durable group and the end
   */
  public long usedBytes() {
    return usedBytes;
  }

  /**
   * Gives memory back; the device stays open. What is not durable is not written. After a clean
   * end, when the last group was synced and nothing was appended since, the file is made small.
   * Those who still wait get a {@link ClosedException}. Closing twice does nothing.
   */
  @Override
  public void close() {
    boolean isClean;
    guard.lock();
    try {
      if (!guard.close()) {
        return;
      }
      guard.awaitWhile(() -> writing || flushing || room.isResizing());
      LogPosition last = released;
      isClean = !guard.hasFailed() && last != null && last.sequence() == lastSequence;
    } finally {
      guard.unlock();
    }
    flusher.close();
    room.close();
    try {
      if (isClean) {
        room.shrink();
      }
    } finally {
      firstMemory.close();
      secondMemory.close();
    }
  }
}
