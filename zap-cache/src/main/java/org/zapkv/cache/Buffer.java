// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;

/**
 * A block in memory. Whoever got it from a {@link BufferCache} holds it until the matching {@link
 * #release}; while it is held its address does not move and it is not evicted.
 *
 * <p>Any thread. The cache guards everything about a buffer except its content: those who change
 * the bytes keep off each other and off readers by a lock of their own, or by {@link #contentLock}.
 */
public final class Buffer extends BufferAttachment {
  /*
   * Implementation notes
   *
   * In four layers: BufferLife has the state word, its transitions and the waiting for them;
   * BufferContent the bytes, their versions by group, loading and freeing; BufferAttachment the user;
   * this class the checks, and what outsiders see.
   *
   * Nothing is called out of the cache under the mutex; the allocator's lock is below it.
   *
   * address is final and the memory behind it is returned once: by destroy(), or, when a read or a
   * fill failed, with the last hold.
   */
  private static final VarHandle CONTENT_LOCK;

  /** A change takes less time than this many reads, unless its thread lost the processor. */
  private static final int OPTIMISTIC_TRIES = 3;

  static {
    try {
      CONTENT_LOCK =
          MethodHandles.lookup().findVarHandle(Buffer.class, "contentLock", StampedLock.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Made by compare-and-set when first asked for. */
  private volatile @Nullable StampedLock contentLock;

  /** Written under a lock of BufferTable, read without. */
  volatile @Nullable Buffer nextInTable;

  // Guarded by the entry lock of BufferIndex.
  @Nullable Buffer previousOfObject;
  @Nullable Buffer nextOfObject;

  // Benign races: a touch too many, a hit not counted, the tag of another holder in a report.
  private int touchedEpoch;
  private long hits;

  /** Stays when it is let go: see {@link #heldBy}. */
  private @Nullable Object lastTag;

  /** A new buffer with one hold, that of the caller. */
  Buffer(BufferCache cache, BufferKey key, int sizeBytes, long address, BufferState state) {
    this(
        cache,
        key,
        sizeBytes,
        address,
        state,
        state == BufferState.CACHED ? null : Thread.currentThread());
  }

  private Buffer(
      BufferCache cache,
      BufferKey key,
      int sizeBytes,
      long address,
      BufferState state,
      @Nullable Thread loader) {
    super(cache, key, sizeBytes, address, state, loader);
    this.touchedEpoch = cache.memory().epoch();
    cache.counters().cachedBytes.add(blockBytes());
  }

  /** A new buffer that is about to be read ahead, with one hold. */
  static Buffer toPrefetch(BufferCache cache, BufferKey key, int sizeBytes, long address) {
    Buffer buffer = new Buffer(cache, key, sizeBytes, address, BufferState.READ, null);
    buffer.setFlag(StateWord.PREFETCHED, true);
    // The first use counts as the first in its epoch, so that it is looked at: see noteFirstUse.
    buffer.touchedEpoch--;
    return buffer;
  }

  /**
   * The object that the block belongs to.
   *
   * @return its number
   */
  public long objectId() {
    return key().objectId();
  }

  /**
   * Which block of the object this is.
   *
   * @return its number
   */
  public long blockId() {
    return key().blockId();
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
   * A lock for the content, for layers that have none of their own. The cache takes it in {@link
   * #read} only.
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
   * Says that the caller begins to change bytes: what is read without a hold meanwhile is not
   * valid. To be called under a hold, after {@link #dirty}, by whoever keeps other writers off.
   * Every change of bytes that anybody reads by {@link #readStamp} or {@link #read} lies between
   * this and {@link #endChange}; those who use {@link #read} also take {@link #contentLock} for
   * writing around it.
   *
   * @throws BufferStateException if the buffer is not held, has no content, or lost its identity by
   *     a resize
   */
  public void beginChange() {
    checkCanChange("beginChange");
    startChange();
  }

  /**
   * The other end of {@link #beginChange}.
   *
   * @throws BufferStateException if no change has begun
   */
  public void endChange() {
    finishChange();
  }

  /**
   * Begins to read bytes without a hold, and without writing anything that threads share. Between
   * this and {@link #isValid} the bytes at {@link #unheldAddress} may be those of another block, or
   * half changed: no length or link found there may be followed without a check, and nothing found
   * may be used before {@link #isValid} has said that it is good. Reading them never faults, also
   * when the cache is closed meanwhile.
   *
   * @return a stamp for {@link #isValid}; 0 if the bytes are being changed, or the buffer is no
   *     longer the cached one of its block
   */
  public long readStamp() {
    return changeStamp();
  }

  /**
   * Whether what was read since a {@link #readStamp} are bytes of the block as they were at some
   * moment.
   *
   * @param stamp what {@link #readStamp} gave, not 0
   * @return false: throw away what was read; read again, or under a hold and a lock
   */
  public boolean isValid(long stamp) {
    return isUnchanged(stamp);
  }

  /**
   * Where the bytes are, without a check: for reading between a {@link #readStamp} that was not 0
   * and {@link #isValid}, never for writing. The caller keeps this buffer reachable for as long:
   * the call of {@link #isValid} does it; who may leave without one, by an exception for instance,
   * uses {@link Reference#reachabilityFence}. Otherwise the memory may be unmapped under the
   * reader.
   *
   * @return the address of the first byte, also when it is another block's by now
   */
  public long unheldAddress() {
    return address;
  }

  /**
   * Reads bytes without a hold if that can be, else under a hold and {@link #contentLock}, which
   * the caller therefore must not have. Writes nothing shared if the first try is good.
   *
   * @param <R> what is made of the bytes
   * @param reader reads the bytes; called again when they changed under it; not to return null
   * @return what the reader made of bytes as they were at some moment; null if the buffer is no
   *     longer the cached one of its block: ask the cache
   */
  public <R> @Nullable R read(ContentReader<R> reader) {
    for (int i = 0; i < OPTIMISTIC_TRIES; i++) {
      long stamp = changeStamp();
      if (stamp == 0) {
        continue;
      }
      R result;
      try {
        result = reader.read(address);
      } catch (RuntimeException e) {
        if (isUnchanged(stamp)) {
          throw e;
        }
        continue;
      } finally {
        // For a reader that leaves by an Error: nothing else would keep the memory mapped for it.
        Reference.reachabilityFence(this);
      }
      if (isUnchanged(stamp)) {
        return result;
      }
    }
    return readLocked(reader);
  }

  private <R> @Nullable R readLocked(ContentReader<R> reader) {
    if (!tryHold()) {
      return null;
    }
    try {
      StampedLock lock = contentLock();
      long stamp = lock.readLock();
      try {
        return reader.read(address);
      } finally {
        lock.unlockRead(stamp);
      }
    } finally {
      dropHold();
    }
  }

  /**
   * Holds the buffer as {@link BufferCache#hold} would, without looking for it: for those who have
   * found it before and have kept it. It may have gone meanwhile.
   *
   * @param tag who holds it, for reports; {@link #release} takes the same
   * @return false: this is not, or not at this moment, the cached buffer of its block, and is not
   *     held; ask the cache
   */
  public boolean tryHold(Object tag) {
    Objects.requireNonNull(tag, "tag");
    if (!tryHold()) {
      return false;
    }
    cache.noteHit(this, tag);
    return true;
  }

  /**
   * Tells the policy that the block was used, by whoever reads it without a hold: else it looks
   * unused and is evicted. Costs two loads, and once per block and 64th of the budget allocated a
   * hold. Does nothing if the buffer has gone.
   */
  public void noteUse() {
    int epoch = cache.memory().epoch();
    if (touchedEpoch != epoch && tryHold()) {
      touchedEpoch = epoch;
      noteFirstUse();
      dropHold();
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
    checkCanChange("dirty");
    return dirtyIn(group);
  }

  /**
   * Whether the buffer is dirty in a group.
   *
   * @param group the group
   * @return true from {@link #dirty} to {@link #clean} of this group
   */
  public boolean isDirty(long group) {
    return isDirtyIn(group);
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
    copyVersion(group, source -> NativeMemory.copy(source, destinationAddress, sizeBytes()));
  }

  /**
   * Copies the bytes as they are in a group into an array: as {@link #copyOut(long, long)}.
   *
   * @param group a group that the buffer is dirty in
   * @param destination where the bytes go, from its beginning; it may be longer
   * @throws BufferStateException if the buffer is not dirty in the group
   */
  public void copyOut(long group, byte[] destination) {
    copyVersion(group, source -> NativeMemory.copyToArray(source, destination, 0, sizeBytes()));
  }

  /**
   * Says that the bytes of a group are on disk. The buffer may be evicted once it is clean in all
   * groups. Does nothing if it is not dirty in this one.
   *
   * @param group the group
   */
  public void clean(long group) {
    cleanVersion(group);
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
   * Gives a hold back. Releasing a buffer that is still being filled gives up the fill. Releasing
   * one in {@link BufferState#NOFILL} ends the direct write, whatever came of it: whoever waits for
   * the block reads it from the source.
   *
   * @param tag what it was held with
   * @throws BufferStateException if nobody holds the buffer; with traced holds also if this tag
   *     does not
   */
  public void release(Object tag) {
    long now = word();
    if (StateWord.holds(now) == 0 || StateWord.state(now) == BufferState.READ) {
      // In READ there are only holds that nobody has been given yet.
      throw illegal("release by " + tag, "a hold");
    }
    HoldTracer tracer = cache.tracer();
    if (tracer != null) {
      tracer.released(this, tag);
    }
    if (StateWord.state(now) == BufferState.FILL) {
      failLoad(null);
    } else if (StateWord.state(now) == BufferState.NOFILL) {
      endDirectWrite();
    }
    subtract(StateWord.HOLD);
  }

  /**
   * That of the identity: so the policy, which counts uses by hash code, still knows a block that
   * was evicted when it is read again. Equality is that of the object.
   */
  @Override
  public int hashCode() {
    return key().hashCode();
  }

  @Override
  public String toString() {
    long now = word();
    return "buffer "
        + key()
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

  @Override
  Buffer self() {
    return this;
  }

  long hits() {
    return hits;
  }

  @Nullable Object lastTag() {
    return lastTag;
  }

  /** Notes a use; true for the first one in an epoch. */
  boolean used(int epoch, Object tag) {
    heldBy(tag);
    hits++;
    if (touchedEpoch == epoch) {
      return false;
    }
    touchedEpoch = epoch;
    return true;
  }

  /** A held buffer is used for the first time in an epoch. */
  void noteFirstUse() {
    if (takeFlag(StateWord.PREFETCHED)) {
      // That is what it was admitted for: a second use it has not seen yet.
      cache.prefetcher().noLongerUnused(this, true);
    } else {
      cache.evictor().touch(this);
    }
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
    // Mostly the one that held it before. A reference that is written into an object as old as a
    // buffer is work for the garbage collector, here and on threads of its own: more than the hold.
    if (lastTag != tag) {
      lastTag = tag;
    }
  }

  /** Takes the identity from this held buffer and gives it to its successor. */
  void detachFor(Buffer successor) {
    mutex.lock();
    try {
      if (StateWord.has(word(), StateWord.DETACHED)) {
        throw illegal("resize", "a block that was not resized before");
      }
      setFlag(StateWord.DETACHED, true);
      cache.index().detach(this, successor);
    } finally {
      mutex.unlock();
    }
  }

  void freeMemory() {
    lastTag = null;
    if (!hasMemory()) {
      return;
    }
    if (takeFlag(StateWord.PREFETCHED)) {
      cache.prefetcher().noLongerUnused(this, false);
    }
    cache.counters().cachedBytes.add(-blockBytes());
    cache.counters().hitsOfDestroyed.add(hits);
    cache.memory().free(address, sizeBytes);
  }

  @Override
  void afterSettling(long wanted, long settled) {
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
      case READ, FILL, NOFILL -> {
        // Only those who load or write it, or wait for that, hold it: none of them is the last.
      }
    }
  }

  private static boolean isUsable(long word) {
    return StateWord.holds(word) > 0
        && (StateWord.isCached(word) || StateWord.state(word) == BufferState.FILL);
  }

  private void checkAddressable(long now) {
    if (!StateWord.has(now, StateWord.WRITING_OUT)
        || StateWord.state(now) != BufferState.EVICTING) {
      throw illegal("address", "a hold and state=CACHED or FILL");
    }
  }

  private void checkCanChange(String what) {
    long now = word();
    if (!isUsable(now) || StateWord.has(now, StateWord.DETACHED)) {
      throw illegal(what, "a hold and state=CACHED or FILL, not detached");
    }
  }

  void checkCanResize() {
    checkHeldAndCached("resize");
  }

  private void checkFilling(String what) {
    if (state() != BufferState.FILL) {
      throw illegal(what, "state=FILL");
    }
  }
}
