// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;

/**
 * A block in memory. Whoever got it from a {@link BufferCache} holds it until the matching {@link
 * #release}; while it is held its address does not move and it is not evicted.
 *
 * <p>Any thread. The cache guards everything about a buffer except its content: those who change
 * the bytes keep off each other and off readers by a lock of their own, or by {@link #contentLock}.
 */
public final class Buffer {
  /*
   * Implementation notes
   *
   * word (StateWord) settles who may do what: hold, release, evict, free and clean are each one
   * compare-and-set on it. The one that makes a buffer idle and finds it detached, or that moves it
   * to EVICTING, owns its end.
   *
   * mutex guards records (written under it, read without), the user and what belongs to it, and the
   * bytes of the newest dirty group against a copy (copyOut) or a freeze (dirty): dirty() of the
   * next group returns only after it had the mutex, so bytes being copied out do not change. Waiting
   * for a state to end is on a condition of the mutex; the state changes first, then the signal is
   * given under the mutex. Nothing is called out of the cache under it; the allocator's lock is
   * below it.
   *
   * address is final and the memory behind it is returned once: by destroy(), or, when a read or a
   * fill failed, with the last hold.
   */
  private static final VarHandle WORD;
  private static final VarHandle CONTENT_LOCK;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(Buffer.class, "word", long.class);
      CONTENT_LOCK = lookup.findVarHandle(Buffer.class, "contentLock", StampedLock.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** More would mean a group that was never synced: open, quiescing and syncing. */
  private static final int MAX_GROUPS = 3;

  private final BufferCache cache;
  private final BufferKey key;
  private final int sizeBytes;
  private final long address;
  private final boolean inReserve;
  private final ReentrantLock mutex = new ReentrantLock();

  /** Changed by compare-and-set only. */
  private volatile long word;

  /** Written under mutex, read without. */
  private volatile @Nullable DirtyRecord records;

  /** Written under mutex, read without. */
  private volatile @Nullable BufferUser user;

  /** Written under mutex; the policy reads it without and may see an old weight. */
  private volatile long userBytes;

  /** Made by compare-and-set when first asked for. */
  private volatile @Nullable StampedLock contentLock;

  /** Guarded by mutex; made when somebody has to wait. */
  private @Nullable Condition stateChanged;

  /** Written before the state becomes UNCACHED, read after. */
  private @Nullable Throwable loadFailure;

  /** Who reads or fills it; written before it is published. */
  private final @Nullable Thread loader;

  // Guarded by the entry lock of BufferIndex.
  @Nullable Buffer previousOfObject;
  @Nullable Buffer nextOfObject;

  // Benign races: a touch too many, a hit not counted, the tag of another holder in a report.
  private int touchedEpoch;
  private long hits;
  private @Nullable Object lastTag;

  /** A new buffer with one hold, that of the caller. */
  Buffer(BufferCache cache, BufferKey key, int sizeBytes, long address, BufferState state) {
    this.cache = cache;
    this.key = key;
    this.sizeBytes = sizeBytes;
    this.address = address;
    this.inReserve = cache.memory().isReserve(address);
    this.word = StateWord.of(state, 1);
    this.loader = state == BufferState.CACHED ? null : Thread.currentThread();
    this.touchedEpoch = cache.memory().epoch();
    cache.counters().cachedBytes.add(blockBytes());
  }

  /**
   * The object that the block belongs to.
   *
   * @return its number
   */
  public long objectId() {
    return key.objectId();
  }

  /**
   * Which block of the object this is.
   *
   * @return its number
   */
  public long blockId() {
    return key.blockId();
  }

  /**
   * How large the block is.
   *
   * @return bytes
   */
  public int sizeBytes() {
    return sizeBytes;
  }

  /**
   * Where the bytes are. To be asked for and used under a hold only.
   *
   * @return the address of the first byte
   * @throws BufferStateException if nobody holds the buffer, or it has no valid content
   */
  public long address() {
    long now = word();
    if (!isUsable(now)) {
      checkAddressable(now);
    }
    return address;
  }

  /**
   * Where the buffer is in its life, at this moment.
   *
   * @return the state
   */
  public BufferState state() {
    return StateWord.state(word());
  }

  /**
   * A lock for the content, for layers that have none of their own. The cache never takes it.
   *
   * @return the same lock each time
   */
  public StampedLock contentLock() {
    StampedLock lock = contentLock;
    if (lock == null) {
      lock = new StampedLock();
      Object winner = CONTENT_LOCK.compareAndExchange(this, null, lock);
      if (winner != null) {
        lock = (StampedLock) winner;
      }
    }
    return lock;
  }

  /**
   * The attached user.
   *
   * @return the user, or null
   */
  public @Nullable BufferUser user() {
    return user;
  }

  /**
   * Attaches a user unless there is one.
   *
   * @param newUser the user
   * @return null: it is attached; else the one that is, and nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser setUser(BufferUser newUser) {
    return setUser(newUser, false);
  }

  /**
   * Attaches a user unless there is one, as {@link #setUser} does; this one goes with the last
   * release, also when the buffer stays because it is dirty.
   *
   * @param newUser the user
   * @return null: it is attached; else the one that is, and nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser setUserImmediateEvict(BufferUser newUser) {
    return setUser(newUser, true);
  }

  private @Nullable BufferUser setUser(BufferUser newUser, boolean evictEarly) {
    checkHeldAndCached("setUser");
    mutex.lock();
    try {
      BufferUser present = user;
      if (present == null) {
        setFlag(StateWord.EVICT_USER_EARLY, evictEarly);
        user = newUser;
      }
      return present;
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Puts one user in the place of another. The old one gets no callback; its bytes are no longer
   * counted.
   *
   * @param oldUser who must be attached now, compared by identity; null: nobody
   * @param newUser who is attached then; null: nobody
   * @return {@code oldUser} if it was the one and was replaced; else the one that is attached, and
   *     nothing has changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser replaceUser(
      @Nullable BufferUser oldUser, @Nullable BufferUser newUser) {
    checkHeldAndCached("replaceUser");
    long returned = 0;
    BufferUser present;
    mutex.lock();
    try {
      present = user;
      if (present == oldUser) {
        returned = userBytes;
        userBytes = 0;
        setFlag(StateWord.EVICT_USER_EARLY, false);
        user = newUser;
      }
    } finally {
      mutex.unlock();
    }
    uncountUser(returned);
    return present;
  }

  /**
   * Detaches a user without a callback.
   *
   * @param oldUser who must be attached now, compared by identity
   * @return {@code oldUser} if it was; else the one that is attached, or null, and nothing has
   *     changed
   * @throws BufferStateException if the buffer is not held or not cached
   */
  public @Nullable BufferUser removeUser(BufferUser oldUser) {
    return replaceUser(oldUser, null);
  }

  /**
   * Counts the memory of the attached user against the cache's budget and into the buffer's weight.
   * May evict other buffers, and wait, as {@link BufferCache#hold} does.
   *
   * @param bytes what the user takes now, in bytes; replaces what was said before
   * @throws BufferStateException if the buffer is not held or not cached, or has no user
   * @throws org.zapkv.error.CacheFullException if there is no room; what was said before stays
   * @throws IllegalArgumentException if it is negative
   */
  public void userSizeBytes(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes=" + bytes + " is negative");
    }
    checkHeldAndCached("userSizeBytes");
    // The whole of it is claimed, then what was counted before is given back: no other order keeps
    // the count right when two threads do this at once.
    cache.memory().claim(bytes, cache.evictor());
    cache.counters().userBytes.add(bytes);
    long returned = bytes;
    boolean attached;
    mutex.lock();
    try {
      attached = user != null;
      if (attached) {
        returned = userBytes;
        userBytes = bytes;
      }
    } finally {
      mutex.unlock();
    }
    uncountUser(returned);
    if (!attached) {
      throw new BufferStateException(this + ": userSizeBytes without a user");
    }
    if (returned != bytes) {
      cache.evictor().weightChanged(this);
    }
  }

  /**
   * Says that the content is about to change in a group. To be called under a hold, before the
   * first byte changes, and again for each group. If the buffer is still dirty in an older group,
   * the bytes of that one are copied aside first; that takes memory, and may evict other buffers
   * and wait as {@link BufferCache#hold} does.
   *
   * @param group the group; never below one that the buffer was dirtied in before
   * @return true if the buffer was not dirty in this group yet
   * @throws BufferStateException if the buffer is not held, has no content, lost its identity by a
   *     resize, is dirty in a later group, or in three older ones
   * @throws org.zapkv.error.CacheFullException if there is no room for the copy
   */
  public boolean dirty(long group) {
    checkCanDirty();
    DirtyRecord newest = records;
    if (newest != null && newest.group() == group) {
      return false;
    }
    long spare = 0;
    try {
      while (true) {
        mutex.lock();
        try {
          newest = records;
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

  private boolean checkNotLater(DirtyRecord newest, long group) {
    if (newest.group() > group) {
      throw new BufferStateException(
          this + ": dirtied in group " + group + " after group " + newest.group());
    }
    return false;
  }

  /** Under mutex. Takes the spare block if the newest record needs it; returns it, or 0. */
  private long addRecord(@Nullable DirtyRecord newest, long group, long spare) {
    if (StateWord.dirtyCount(word()) >= MAX_GROUPS) {
      throw new BufferStateException(
          this + ": dirty in " + MAX_GROUPS + " groups, cannot be in group " + group + " too");
    }
    DirtyRecord older = newest;
    long left = spare;
    if (newest != null && !newest.isFrozen()) {
      older = freeze(newest, spare);
      left = 0;
    }
    records = new DirtyRecord(group, 0, older);
    long before = getAndAddWord(StateWord.DIRTY);
    if (StateWord.dirtyCount(before) == 0) {
      cache.counters().dirtyBytes.add(blockBytes());
    }
    return left;
  }

  private DirtyRecord freeze(DirtyRecord live, long spare) {
    NativeMemory.copy(address, spare, sizeBytes);
    cache.counters().dirtyBytes.add(blockBytes());
    return live.frozenAt(spare);
  }

  /**
   * Whether the buffer is dirty in a group.
   *
   * @param group the group
   * @return true from {@link #dirty} to {@link #clean} of this group
   */
  public boolean isDirty(long group) {
    return DirtyRecord.find(records, group) != null;
  }

  /**
   * Copies the bytes as they are in a group. Needs no hold, as a dirty buffer stays. While this
   * goes on the buffer may be dirtied in a later group; nobody may change it in this one.
   *
   * @param group a group that the buffer is dirty in
   * @param destinationAddress where {@link #sizeBytes} bytes go
   * @throws BufferStateException if the buffer is not dirty in the group
   */
  public void copyOut(long group, long destinationAddress) {
    mutex.lock();
    try {
      DirtyRecord record = DirtyRecord.find(records, group);
      if (record == null) {
        throw new BufferStateException(this + ": not dirty in group " + group);
      }
      long source = record.isFrozen() ? record.frozenAddress() : address;
      NativeMemory.copy(source, destinationAddress, sizeBytes);
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Says that the bytes of a group are on disk. The buffer may be evicted once it is clean in all
   * groups. Does nothing if it is not dirty in this one.
   *
   * @param group the group
   */
  public void clean(long group) {
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
    records = DirtyRecord.without(records, group);
    if (records == null) {
      cache.counters().dirtyBytes.add(-blockBytes());
    }
    if (record.isFrozen()) {
      cache.counters().dirtyBytes.add(-blockBytes());
      cache.memory().free(record.frozenAddress(), sizeBytes);
    }
    return true;
  }

  /**
   * Says that all bytes are written, of a buffer from {@link BufferCache#holdForFill}. Others can
   * hold it now. If the block was freed meanwhile, it is all zeros.
   *
   * @throws BufferStateException if the buffer is not being filled
   */
  public void fillDone() {
    checkFilling("fillDone");
    completeLoad();
    cache.evictor().admit(this);
  }

  /**
   * Gives up filling a buffer from {@link BufferCache#holdForFill}: it is gone, and others who want
   * the block get it from elsewhere. It still has to be released.
   *
   * @throws BufferStateException if the buffer is not being filled
   */
  public void fillFailed() {
    checkFilling("fillFailed");
    failLoad(null);
  }

  /**
   * Gives a hold back. Releasing a buffer that is still being filled gives up the fill.
   *
   * @param tag what it was held with
   * @throws BufferStateException if nobody holds the buffer; with traced holds also if this tag
   *     does not
   */
  public void release(Object tag) {
    long now = word();
    if (StateWord.holds(now) == 0) {
      throw new BufferStateException(this + ": released by " + tag + " without a hold");
    }
    HoldTracer tracer = cache.tracer();
    if (tracer != null) {
      tracer.released(this, tag);
    }
    if (StateWord.state(now) == BufferState.FILL) {
      failLoad(null);
    }
    subtract(StateWord.HOLD);
  }

  @Override
  public String toString() {
    long now = word();
    return "buffer "
        + key
        + " size="
        + sizeBytes
        + " state="
        + StateWord.state(now)
        + " holds="
        + StateWord.holds(now)
        + " dirty="
        + StateWord.dirtyCount(now)
        + (StateWord.has(now, StateWord.DETACHED) ? " detached" : "");
  }

  // ---- For the cache.

  BufferKey key() {
    return key;
  }

  /** What the block takes of the budget. */
  int blockBytes() {
    return BlockAllocator.blockBytes(sizeBytes);
  }

  int weightBytes() {
    return (int) Math.min(Integer.MAX_VALUE, blockBytes() + userBytes);
  }

  boolean isInReserve() {
    return inReserve;
  }

  int holds() {
    return StateWord.holds(word());
  }

  int dirtyCount() {
    return StateWord.dirtyCount(word());
  }

  long hits() {
    return hits;
  }

  @Nullable Object lastTag() {
    return lastTag;
  }

  boolean isIdleAndClean() {
    return StateWord.isIdleAndClean(word());
  }

  boolean isWritable() {
    return StateWord.isWritable(word());
  }

  boolean isRefused() {
    return StateWord.has(word(), StateWord.REFUSED);
  }

  /** The fast path: takes a hold if that needs no waiting. */
  boolean tryHold() {
    while (true) {
      long now = word();
      if (!StateWord.isHoldable(now)) {
        return false;
      }
      if (casWord(now, now + StateWord.HOLD)) {
        return true;
      }
    }
  }

  /** Notes a use; true for the first one in an epoch. */
  boolean used(int epoch, Object tag) {
    lastTag = tag;
    hits++;
    if (touchedEpoch == epoch) {
      return false;
    }
    touchedEpoch = epoch;
    return true;
  }

  /** The address, for whoever loads the buffer. */
  long loadAddress() {
    return address;
  }

  /** Gives back a hold that no caller ever got. */
  void dropHold() {
    subtract(StateWord.HOLD);
  }

  void heldBy(Object tag) {
    lastTag = tag;
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
          if (loader == Thread.currentThread()) {
            throw new BufferStateException(this + ": held again by the thread that fills it");
          }
          if (casWord(now, now + StateWord.HOLD)) {
            return awaitLoaded();
          }
        }
        case EVICTING -> awaitNot(BufferState.EVICTING);
        case UNCACHED -> {
          return false;
        }
      }
    }
  }

  private boolean awaitLoaded() {
    awaitNot(BufferState.READ, BufferState.FILL, BufferState.EVICTING);
    if (state() == BufferState.CACHED) {
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

  void awaitNot(BufferState... states) {
    mutex.lock();
    try {
      while (isOneOf(state(), states)) {
        Condition condition = stateChanged;
        if (condition == null) {
          condition = mutex.newCondition();
          stateChanged = condition;
        }
        condition.awaitUninterruptibly();
      }
    } finally {
      mutex.unlock();
    }
  }

  private static boolean isOneOf(BufferState state, BufferState... states) {
    for (BufferState candidate : states) {
      if (state == candidate) {
        return true;
      }
    }
    return false;
  }

  private void signalState() {
    mutex.lock();
    try {
      if (stateChanged != null) {
        stateChanged.signalAll();
      }
    } finally {
      mutex.unlock();
    }
  }

  /** READ or FILL is over, well; comes out as zeros if the block was freed meanwhile. */
  void completeLoad() {
    boolean zeroed = false;
    while (true) {
      long now = word();
      if (StateWord.has(now, StateWord.FREED_IN_FLIGHT) && !zeroed) {
        NativeMemory.fill(address, sizeBytes, (byte) 0);
        zeroed = true;
      }
      long next = StateWord.withState(now & ~StateWord.FREED_IN_FLIGHT, BufferState.CACHED);
      if (casWord(now, next)) {
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
    cache.index().remove(this);
    loadFailure = failure;
    becomeUncached();
    return true;
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
          if (casWord(now, now | StateWord.FREED_IN_FLIGHT)) {
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
          awaitNot(BufferState.EVICTING);
          return false;
        }
        case UNCACHED -> {
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
    for (DirtyRecord record = records; record != null; record = record.older()) {
      clean(record.group());
    }
    return free(0);
  }

  /** In EVICTING. Older groups still need the bytes: then the buffer lives on without identity. */
  private void freeUnheld(long group) {
    clean(group);
    if (dirtyCount() == 0) {
      cache.evictor().destroy(this);
      return;
    }
    BufferUser evicted = cache.evictor().takeUser(this);
    setFlag(StateWord.DETACHED, true);
    cache.index().detach(this, null);
    cache.evictor().forget(this);
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
              records = freeze(newest, spare);
              spare = 0;
            }
            NativeMemory.fill(address, sizeBytes, (byte) 0);
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

  /** Takes the identity from this held buffer and gives it to its successor. */
  void detachFor(Buffer successor) {
    mutex.lock();
    try {
      if (StateWord.has(word(), StateWord.DETACHED)) {
        throw new BufferStateException(this + ": resized, but it was resized before");
      }
      setFlag(StateWord.DETACHED, true);
      cache.index().detach(this, successor);
    } finally {
      mutex.unlock();
    }
  }

  /** Moves an unheld, cached buffer to EVICTING; a dirty one only if told so. */
  boolean claimIdle(boolean evenDirty) {
    while (true) {
      long now = word();
      boolean idle =
          StateWord.isIdleAndClean(now)
              || (evenDirty && StateWord.isCached(now) && StateWord.holds(now) == 0);
      if (!idle) {
        return false;
      }
      if (casWord(now, StateWord.withState(now, BufferState.EVICTING))) {
        return true;
      }
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
        if (record != null) {
          return record;
        }
        // Cleaned in between.
        unclaim();
        return null;
      }
    }
  }

  /** From EVICTING back to CACHED. */
  void unclaim() {
    while (true) {
      long now = word();
      long cached = StateWord.withState(now & ~StateWord.WRITING_OUT, BufferState.CACHED);
      long next = settled(cached);
      if (casWord(now, next)) {
        signalState();
        afterSettling(cached, next);
        return;
      }
    }
  }

  /** Marks a buffer as refused; false if it is not cached, or could be evicted after all. */
  boolean refuse() {
    while (true) {
      long now = word();
      if (!StateWord.isHoldable(now) || StateWord.isIdleAndClean(now)) {
        return false;
      }
      if (casWord(now, now | StateWord.REFUSED)) {
        return true;
      }
    }
  }

  boolean clearRefused() {
    if (!isRefused()) {
      return false;
    }
    setFlag(StateWord.REFUSED, false);
    return true;
  }

  /** In EVICTING. The user's callbacks are the caller's to run. */
  @Nullable BufferUser detachUser() {
    BufferUser detached;
    long returned;
    mutex.lock();
    try {
      detached = user;
      returned = userBytes;
      userBytes = 0;
      user = null;
      setFlag(StateWord.EVICT_USER_EARLY, false);
    } finally {
      mutex.unlock();
    }
    uncountUser(returned);
    return detached;
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

  void becomeUncached() {
    while (true) {
      long now = word();
      if (casWord(now, StateWord.withState(now, BufferState.UNCACHED))) {
        signalState();
        return;
      }
    }
  }

  void freeMemory() {
    cache.counters().cachedBytes.add(-blockBytes());
    cache.counters().hitsOfDestroyed.add(hits);
    cache.memory().free(address, sizeBytes);
  }

  /** Takes one hold or one dirty count off, and does what follows if it was the last. */
  private void subtract(long unit) {
    while (true) {
      long now = word();
      if (unit == StateWord.HOLD && StateWord.holds(now) == 0) {
        throw new BufferStateException(this + ": released without a hold");
      }
      long less = now - unit;
      long next = settled(less);
      if (casWord(now, next)) {
        if (StateWord.holds(next) == 0) {
          lastTag = null;
          afterSettling(less, next);
        }
        return;
      }
    }
  }

  /**
   * The word with what an unheld buffer owes: detached and clean it goes, refused it is offered.
   */
  private static long settled(long word) {
    if (!StateWord.isCached(word) || StateWord.holds(word) > 0) {
      return word;
    }
    boolean clean = StateWord.dirtyCount(word) == 0;
    if ((clean && StateWord.has(word, StateWord.DETACHED))
        || StateWord.has(word, StateWord.EVICT_USER_EARLY)) {
      return StateWord.withState(word, BufferState.EVICTING);
    }
    return clean ? word & ~StateWord.REFUSED : word;
  }

  /** What the thread that made the settling transition has to do; holds are zero. */
  private void afterSettling(long wanted, long settled) {
    switch (StateWord.state(settled)) {
      case EVICTING -> {
        if (!StateWord.isCached(wanted)) {
          return;
        }
        boolean gone =
            StateWord.has(settled, StateWord.DETACHED) && StateWord.dirtyCount(settled) == 0;
        if (gone) {
          cache.evictor().destroy(this);
        } else {
          cache.evictor().evictUserOnly(this);
        }
      }
      case CACHED -> {
        if (wanted != settled) {
          cache.evictor().offer(this);
        }
        cache.becameIdle(this);
      }
      case UNCACHED -> freeMemory();
      case READ, FILL -> {
        // Only those who load it, or wait for that, hold it: none of them is the last.
      }
    }
  }

  private void uncountUser(long bytes) {
    if (bytes > 0) {
      cache.counters().userBytes.add(-bytes);
      cache.memory().unclaim(bytes);
    }
  }

  private void setFlag(long flag, boolean on) {
    while (true) {
      long now = word();
      long next = on ? now | flag : now & ~flag;
      if (casWord(now, next)) {
        return;
      }
    }
  }

  private static boolean isUsable(long word) {
    return StateWord.holds(word) > 0
        && (StateWord.isCached(word) || StateWord.state(word) == BufferState.FILL);
  }

  private void checkAddressable(long now) {
    if (!StateWord.has(now, StateWord.WRITING_OUT)) {
      throw new BufferStateException(this + ": its address is used without a hold");
    }
  }

  private void checkCanDirty() {
    long now = word();
    if (!isUsable(now) || StateWord.has(now, StateWord.DETACHED)) {
      throw new BufferStateException(this + ": cannot be dirtied");
    }
  }

  private void checkHeldAndCached(String what) {
    long now = word();
    if (!StateWord.isCached(now) || StateWord.holds(now) == 0) {
      throw new BufferStateException(this + ": " + what + " needs a held and cached buffer");
    }
  }

  private void checkFilling(String what) {
    if (state() != BufferState.FILL) {
      throw new BufferStateException(this + ": " + what + " needs a buffer that is being filled");
    }
  }

  private long word() {
    return word;
  }

  private boolean casWord(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  private long getAndAddWord(long delta) {
    return (long) WORD.getAndAdd(this, delta);
  }
}
