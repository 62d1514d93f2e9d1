// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;

/** The bytes of a buffer: loading them, their versions by group, and freeing them. */
abstract sealed class BufferContent extends BufferLife permits BufferAttachment {
  /*
   * Implementation notes
   *
   * A buffer is dirty in up to three groups: a list of records, newest first. Only the newest may
   * mean the live bytes; when the next group begins to change them, or they are freed, the older
   * version is frozen: copied aside. The memory for the copy is taken without the mutex, which may
   * take long; then everything is looked at again.
   *
   * The mutex guards the list (read without it where a moment's truth is enough) and the live bytes
   * while they are copied: dirty() in the next group returns only after it had the mutex, so bytes
   * that are being copied out do not change under the copy.
   *
   * The number of records is also in the state word, where evicting and cleaning are settled. It is
   * raised under a hold and lowered after the record is gone; in between it is too high, which only
   * keeps the buffer.
   *
   * Reading without a hold: `changes` counts who is changing the bytes (low bits) and how often that
   * has ended (high bits). A reader's stamp is its value, taken while nobody is; the bytes it saw
   * are good if the value is the same afterwards and the buffer is still cached under its identity.
   * The second is what makes eviction harmless: a buffer leaves CACHED for good before its memory
   * can be given to another, and comes back from EVICTING only with its bytes untouched. Close is
   * harmless as memory that was read so is not unmapped while the buffer can be reached.
   */
  private static final VarHandle CHANGES;

  static {
    try {
      CHANGES = MethodHandles.lookup().findVarHandle(BufferContent.class, "changes", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** One more change has ended; below it the number of those that go on. */
  private static final long CHANGE_ENDED = 1L << 16;

  private static final long CHANGING_MASK = CHANGE_ENDED - 1;

  /** More would mean a group that was never synced: open, quiescing and syncing. */
  private static final int MAX_GROUPS = 3;

  /** What no group is called. */
  private static final long NO_GROUP = Long.MIN_VALUE;

  /** The address of a buffer that has none. */
  static final long NO_MEMORY = 0;

  final BufferCache cache;
  final int sizeBytes;
  final long address;
  private final BufferKey key;
  private final boolean inReserve;

  /**
   * Who reads, fills or directly writes it; null for the result of a resize, if read ahead, and
   * when it is loaded. Plain: others compare it with themselves only.
   */
  private @Nullable Thread loader;

  /** While it is read ahead; so that who waits for it can see that somebody reads it. */
  private volatile @Nullable BlockRead ahead;

  /** Written under mutex, by {@link #setRecords} only; read without. */
  private volatile @Nullable DirtyRecord records;

  /**
   * The group of the newest record, {@link #NO_GROUP} without one; written and read like that. One
   * comparison with it tells a buffer that is dirty in a group from all others: no need to wait for
   * the record, and no outcome that compiled code has not seen before the second group begins.
   */
  private volatile long newestGroup = NO_GROUP;

  /** Never 0 without somebody changing the bytes: so a stamp is never 0. */
  @SuppressWarnings("FieldMayBeFinal") // by CHANGES
  private volatile long changes = CHANGE_ENDED;

  /**
   * Who runs code from outside while this is in EVICTING. Only that thread asks, so that anybody
   * else may see any value.
   */
  private @Nullable Thread callOutThread;

  /** Written before the state becomes UNCACHED, read after. */
  private @Nullable Throwable loadFailure;

  BufferContent(
      BufferCache cache,
      BufferKey key,
      int sizeBytes,
      long address,
      BufferState state,
      @Nullable Thread loader) {
    super(state);
    this.cache = cache;
    this.key = key;
    this.sizeBytes = sizeBytes;
    this.address = address;
    this.inReserve = cache.memory().isReserve(address);
    this.loader = loader;
  }

  void setAhead(@Nullable BlockRead read) {
    ahead = read;
  }

  /** This, as those outside know it. */
  abstract Buffer self();

  BufferKey key() {
    return key;
  }

  /** What the block takes of the budget. */
  int blockBytes() {
    return hasMemory() ? BlockAllocator.blockBytes(sizeBytes) : 0;
  }

  /** Not so from NOFILL on. */
  boolean hasMemory() {
    return address != NO_MEMORY;
  }

  boolean isInReserve() {
    return inReserve;
  }

  void startChange() {
    CHANGES.getAndAdd(this, 1L);
    // No byte may be seen changed before the mark is: as StampedLock does for its write lock.
    VarHandle.storeStoreFence();
  }

  void finishChange() {
    long before = (long) CHANGES.getAndAdd(this, CHANGE_ENDED - 1);
    if ((before & CHANGING_MASK) == 0) {
      CHANGES.getAndAdd(this, 1 - CHANGE_ENDED);
      throw new BufferStateException(this + ": endChange needs a beginChange");
    }
  }

  /** What {@link #isUnchanged} takes; 0: the bytes are being changed, or are not valid. */
  long changeStamp() {
    // Before the look at the state: see UnheldReaders.
    cache.unheldReaders().begin();
    long stamp = changes;
    return (stamp & CHANGING_MASK) == 0 && isHoldableNow() ? stamp : 0;
  }

  boolean isUnchanged(long stamp) {
    VarHandle.acquireFence();
    return changes == stamp && isHoldableNow();
  }

  boolean dirtyIn(long group) {
    return newestGroup != group && addToGroup(group);
  }

  private boolean addToGroup(long group) {
    long spare = 0;
    try {
      while (true) {
        mutex.lock();
        try {
          DirtyRecord newest = records;
          if (newest != null && newest.group() >= group) {
            return checkNotLater(newest, group);
          }
          boolean freeze = newest != null && !newest.isFrozen();
          if (!freeze || spare != 0) {
            spare = addRecord(newest, group, spare);
            return true;
          }
        } finally {
          mutex.unlock();
        }
        spare = cache.memory().allocate(sizeBytes, false, cache.evictor());
      }
    } finally {
      if (spare != 0) {
        cache.memory().free(spare, sizeBytes);
      }
    }
  }

  private void setRecords(@Nullable DirtyRecord newest) {
    records = newest;
    newestGroup = newest == null ? NO_GROUP : newest.group();
  }

  private boolean checkNotLater(DirtyRecord newest, long group) {
    if (newest.group() > group) {
      throw new BufferStateException(
          this + ": dirtied in group " + group + " after group " + newest.group());
    }
    return false;
  }

  /** Under mutex. Takes the spare block if the newest record needs it; returns it, or 0. */
  private long addRecord(@Nullable DirtyRecord newest, long group, long spare) {
    if (DirtyRecord.count(newest) >= MAX_GROUPS) {
      throw new BufferStateException(
          this + ": dirty in " + MAX_GROUPS + " groups, cannot be in group " + group + " too");
    }
    DirtyRecord older = newest;
    long left = spare;
    if (newest != null && !newest.isFrozen()) {
      older = freeze(newest, spare);
      left = 0;
    }
    setRecords(new DirtyRecord(group, 0, older));
    getAndAddWord(StateWord.DIRTY);
    if (older == null) {
      cache.counters().dirtyBytes.add(blockBytes());
    }
    return left;
  }

  private DirtyRecord freeze(DirtyRecord live, long spare) {
    NativeMemory.copy(address, spare, sizeBytes);
    cache.counters().frozenBytes.add(blockBytes());
    return live.frozenAt(spare);
  }

  boolean isDirtyIn(long group) {
    return DirtyRecord.find(records, group) != null;
  }

  void copyVersion(long group, LongConsumer copier) {
    mutex.lock();
    try {
      DirtyRecord record = DirtyRecord.find(records, group);
      if (record == null) {
        throw new BufferStateException(this + ": copyOut needs it dirty in group " + group);
      }
      long source = record.isFrozen() ? record.frozenAddress() : address;
      copier.accept(source);
    } finally {
      mutex.unlock();
    }
  }

  void cleanVersion(long group) {
    boolean dropped;
    mutex.lock();
    try {
      dropped = removeRecord(group);
    } finally {
      mutex.unlock();
    }
    if (dropped) {
      subtract(StateWord.DIRTY);
    }
  }

  /** Under mutex. The caller takes the count off the state word. */
  private boolean removeRecord(long group) {
    DirtyRecord record = DirtyRecord.find(records, group);
    if (record == null) {
      return false;
    }
    setRecords(DirtyRecord.without(records, group));
    if (records == null) {
      cache.counters().dirtyBytes.add(-blockBytes());
    }
    if (record.isFrozen()) {
      cache.counters().frozenBytes.add(-blockBytes());
      cache.memory().free(record.frozenAddress(), sizeBytes);
    }
    return true;
  }

  void dropAllRecords() {
    int dropped = 0;
    mutex.lock();
    try {
      for (DirtyRecord record = records; record != null; record = records) {
        removeRecord(record.group());
        dropped++;
      }
    } finally {
      mutex.unlock();
    }
    if (dropped > 0) {
      getAndAddWord(-dropped * StateWord.DIRTY);
    }
  }

  /** Moves a buffer that is dirty in one group to EVICTING, and returns that record. */
  @Nullable DirtyRecord claimForWriteOut() {
    while (true) {
      long now = word();
      if (!StateWord.isWritable(now)) {
        return null;
      }
      long next = StateWord.withState(now | StateWord.WRITING_OUT, BufferState.EVICTING);
      if (casWord(now, next)) {
        DirtyRecord record = records;
        if (record != null && !record.isFrozen()) {
          return record;
        }
        // Cleaned in between, or freed: then the live bytes are not what is dirty.
        unclaim();
        return null;
      }
    }
  }

  /**
   * Takes a hold, waiting until the buffer is loaded or has gone.
   *
   * @return false: it has gone; look again
   */
  boolean holdWaiting() {
    while (true) {
      long now = word();
      switch (StateWord.state(now)) {
        case CACHED -> {
          if (StateWord.has(now, StateWord.DETACHED)) {
            // A resize changes the owner of the identity under the mutex: taking it waits for that.
            awaitNot();
            return false;
          }
          if (casWord(now, now + StateWord.HOLD)) {
            return true;
          }
        }
        case READ, FILL -> {
          checkNotLoader();
          if (casWord(now, now + StateWord.HOLD)) {
            BlockRead queued = ahead;
            if (queued != null) {
              queued.readNow();
            }
            return awaitLoaded();
          }
        }
        case NOFILL -> {
          // Without a hold: there is nothing to be had here, and the writer is its only holder.
          checkNotLoader();
          awaitNot(BufferState.NOFILL);
        }
        case EVICTING -> awaitEvicted();
        case UNCACHED -> {
          return false;
        }
      }
    }
  }

  private void checkNotLoader() {
    BlockRead read = ahead;
    if (loader == Thread.currentThread() || (read != null && read.isReadByCaller())) {
      throw new BufferStateException(
          this + ": the thread that fills it wants to hold it, which needs state=CACHED");
    }
  }

  /** Code that may want any block but this one is called, by this thread, in EVICTING. */
  void enterCallOut() {
    callOutThread = Thread.currentThread();
  }

  void leaveCallOut() {
    callOutThread = null;
  }

  private void awaitEvicted() {
    if (callOutThread == Thread.currentThread()) {
      throw new BufferStateException(
          this + ": wanted by a callback for it, which needs state=CACHED or UNCACHED");
    }
    awaitNot(BufferState.EVICTING);
  }

  private boolean awaitLoaded() {
    awaitNot(BufferState.READ, BufferState.FILL, BufferState.EVICTING);
    if (stateNow() == BufferState.CACHED) {
      return true;
    }
    Throwable failure = loadFailure;
    subtract(StateWord.HOLD);
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    return false;
  }

  /**
   * READ or FILL is over, well; comes out as zeros if the block was freed meanwhile.
   *
   * @throws BufferStateException under POISON, if bytes were left unwritten
   */
  void completeLoad() {
    boolean zeroed = false;
    if (!StateWord.has(word(), StateWord.FREED_IN_FLIGHT)) {
      cache.memory().policy().checkWritten(address, sizeBytes, this);
    }
    while (true) {
      long now = word();
      if (StateWord.has(now, StateWord.FREED_IN_FLIGHT) && !zeroed) {
        NativeMemory.fill(address, sizeBytes, (byte) 0);
        zeroed = true;
      }
      long next = StateWord.withState(now & ~StateWord.FREED_IN_FLIGHT, BufferState.CACHED);
      if (casWord(now, next)) {
        loader = null;
        signalState();
        return;
      }
    }
  }

  /**
   * READ or FILL has failed: the buffer is gone, unless it was freed while being read, which makes
   * the failure meaningless.
   *
   * @return true if it is gone
   */
  boolean failLoad(@Nullable Throwable failure) {
    while (true) {
      long now = word();
      if (StateWord.state(now) == BufferState.READ
          && StateWord.has(now, StateWord.FREED_IN_FLIGHT)) {
        completeLoad();
        return false;
      }
      if (casWord(now, StateWord.withState(now, BufferState.EVICTING))) {
        break;
      }
    }
    dropAllRecords();
    cache.index().remove(self());
    loadFailure = failure;
    becomeUncached();
    return true;
  }

  /** NOFILL is over: whoever waits for the block gets it from the source. */
  void endDirectWrite() {
    cache.index().remove(self());
    becomeUncached();
  }

  /**
   * Frees the block, for {@link BufferCache#freeRange}.
   *
   * @return false: it is on its way out; wait and look again
   */
  boolean free(long group) {
    while (true) {
      long now = word();
      switch (StateWord.state(now)) {
        case READ, FILL -> {
          // Before the flag: what is dirtied after the end of the fill is not this call's to drop.
          cleanVersion(group);
          if (casWord(now, now | StateWord.FREED_IN_FLIGHT)) {
            if (!StateWord.has(now, StateWord.FREED_IN_FLIGHT)) {
              cache.counters().freedInFlight.increment();
            }
            return true;
          }
        }
        case CACHED -> {
          if (StateWord.has(now, StateWord.DETACHED)) {
            // A resize changes the owner of the identity under the mutex: taking it waits for that.
            awaitNot();
            return false;
          }
          if (StateWord.holds(now) == 0) {
            if (casWord(now, StateWord.withState(now, BufferState.EVICTING))) {
              freeUnheld(group);
              return true;
            }
          } else if (casWord(now, now + StateWord.HOLD)) {
            try {
              freeHeld(group);
            } finally {
              subtract(StateWord.HOLD);
            }
            return true;
          }
        }
        case EVICTING -> {
          awaitEvicted();
          return false;
        }
        case NOFILL, UNCACHED -> {
          // Nothing is cached. Whether a direct write or the freeing came last is for the source.
          return true;
        }
      }
    }
  }

  /**
   * Drops the block in all groups, for {@link BufferCache#dropObject}.
   *
   * @return false: it is on its way out; wait and look again
   */
  boolean drop() {
    cleanAllVersions();
    return free(0);
  }

  void cleanAllVersions() {
    for (DirtyRecord record = records; record != null; record = record.older()) {
      cleanVersion(record.group());
    }
  }

  /** In EVICTING. Older groups still need the bytes: then the buffer lives on without identity. */
  private void freeUnheld(long group) {
    cleanVersion(group);
    if (dirtyCount() == 0) {
      cache.evictor().destroy(self());
      return;
    }
    BufferUser evicted = cache.evictor().takeUser(self());
    setFlag(StateWord.DETACHED, true);
    cache.index().detach(self(), null);
    cache.evictor().forget(self());
    unclaim();
    if (evicted != null) {
      cache.userEvictions().run(evicted);
    }
  }

  /** Held, by the caller too. An older group's bytes are copied aside before they become zeros. */
  private void freeHeld(long group) {
    long spare = 0;
    try {
      while (true) {
        boolean dropped = false;
        boolean done = false;
        mutex.lock();
        try {
          dropped = removeRecord(group);
          DirtyRecord newest = records;
          if (newest == null || newest.isFrozen() || spare != 0) {
            if (newest != null && !newest.isFrozen()) {
              setRecords(freeze(newest, spare));
              spare = 0;
            }
            startChange();
            NativeMemory.fill(address, sizeBytes, (byte) 0);
            finishChange();
            done = true;
          }
        } finally {
          mutex.unlock();
        }
        if (dropped) {
          subtract(StateWord.DIRTY);
        }
        if (done) {
          return;
        }
        spare = cache.memory().allocate(sizeBytes, false, cache.evictor());
      }
    } finally {
      if (spare != 0) {
        cache.memory().free(spare, sizeBytes);
      }
    }
  }
}
