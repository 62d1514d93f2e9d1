// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.memory.RetiredSlabs;
import org.zapkv.cache.memory.UnheldReaders;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;

/**
 * A cache of blocks in native memory, within a hard budget. A block is identified by its object and
 * its number in there; at most one buffer exists for it at any time. Any thread.
 *
 * <p>What a caller gets is held by it: pinned, until {@link Buffer#release}. Calls that may need
 * memory make room in this order: clean buffers that nobody holds are evicted, the coldest first;
 * dirty ones that nobody holds go through the {@link DirtyWriter}; then the caller waits for
 * others, and in the end gets a {@link org.zapkv.error.CacheFullException}. An interrupt does not
 * end a wait; the thread's flag stays set.
 */
public final class BufferCache implements AutoCloseable {
  /*
   * Implementation notes
   *
   * Who does what: BufferIndex finds buffers; Buffer's state word settles races about one;
   * CacheMemory is the budget; Evictor makes room, with EvictionPolicy (Caffeine) choosing;
   * UserEvictions runs callbacks. See docs/concurrency.md for the lock order and the guards.
   *
   * A miss takes its memory before the new buffer is visible: a buffer in READ therefore never waits
   * for memory, only for its source, and whoever waits for it (the thread that syncs, too) does not
   * depend on memory becoming free. Of two threads that miss the same block at once, one gives its
   * memory back.
   *
   * closed is set before close() walks over the buffers, and read by release() after the hold is
   * off: so a buffer that is still held at the walk is destroyed by its last holder.
   */
  private static final System.Logger LOGGER = System.getLogger(BufferCache.class.getName());

  private final CacheCounters counters = new CacheCounters();
  private final BufferIndex index = new BufferIndex();
  private final UserEvictions userEvictions = new UserEvictions(counters);
  private final CacheMemory memory;
  private final UnheldReaders unheldReaders;
  private final Evictor evictor;
  private final Prefetcher prefetcher;
  private final @Nullable HoldTracer tracer;

  private volatile boolean closed;

  private BufferCache(Builder builder) {
    this.memory =
        new CacheMemory(
            builder.budgetBytes,
            builder.reserveBytes < 0 ? builder.budgetBytes / 16 : builder.reserveBytes,
            builder.initPolicy,
            builder.waitTimeout,
            counters);
    this.unheldReaders = memory.unheldReaders();
    this.evictor = new Evictor(index, memory, counters, userEvictions, builder.dirtyWriter);
    this.prefetcher = new Prefetcher(this, builder.background);
    this.tracer = builder.traceHolds ? new HoldTracer() : null;
  }

  /**
   * Begins the making of a cache.
   *
   * @return a builder with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Holds a block, reading it if it is not cached.
   *
   * @param source where it is read from
   * @param objectId the object
   * @param blockId the block of the object
   * @param sizeBytes how large the block is, 1 byte to 1 MiB
   * @param tag who holds it, for reports; {@link Buffer#release} takes the same. The buffer may
   *     refer to it for as long as it is cached
   * @return the buffer, held and cached
   * @throws org.zapkv.error.ZapException what the source throws, also to those who waited for it
   * @throws org.zapkv.error.CacheFullException if there is no room for it
   * @throws BufferStateException if the block is cached with another size, or this thread is just
   *     reading or filling it
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public Buffer hold(BlockSource source, long objectId, long blockId, int sizeBytes, Object tag) {
    return hold(source, objectId, blockId, sizeBytes, tag, false);
  }

  /**
   * Holds a block, as {@link #hold} does, and may use the reserve for it when nothing can be
   * evicted: for the thread that writes dirty data out, so that this can always go on.
   *
   * @param source where it is read from
   * @param objectId the object
   * @param blockId the block of the object
   * @param sizeBytes how large the block is, 1 byte to 1 MiB
   * @param tag who holds it, for reports; {@link Buffer#release} takes the same
   * @return the buffer, held and cached
   * @throws org.zapkv.error.ZapException what the source throws, also to those who waited for it
   * @throws org.zapkv.error.CacheFullException if there is no room for it, not even in the reserve
   * @throws BufferStateException if the block is cached with another size, or this thread is just
   *     reading or filling it
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public Buffer holdReserved(
      BlockSource source, long objectId, long blockId, int sizeBytes, Object tag) {
    return hold(source, objectId, blockId, sizeBytes, tag, true);
  }

  private Buffer hold(
      BlockSource source,
      long objectId,
      long blockId,
      int sizeBytes,
      Object tag,
      boolean reserved) {
    Objects.requireNonNull(tag, "tag");
    checkOpen();
    Buffer cached = index.get(objectId, blockId);
    if (cached != null && cached.tryHold()) {
      return hit(cached, sizeBytes, tag);
    }
    return holdWaiting(source, new BufferKey(objectId, blockId), sizeBytes, tag, reserved);
  }

  private Buffer holdWaiting(
      BlockSource source, BufferKey key, int sizeBytes, Object tag, boolean reserved) {
    while (true) {
      Buffer cached = index.get(key);
      if (cached == null) {
        Buffer loaded = load(source, key, sizeBytes, reserved);
        if (loaded != null) {
          return held(loaded, tag);
        }
      } else if (cached.holdWaiting()) {
        return hit(cached, sizeBytes, tag);
      }
      checkOpen();
    }
  }

  /**
   * Holds a block if it is cached. Reads nothing and waits for nothing.
   *
   * @param objectId the object
   * @param blockId the block of the object
   * @param tag who holds it, for reports; {@link Buffer#release} takes the same
   * @return the buffer, held and cached; null if the block is not cached at this moment
   * @throws ClosedException if the cache is closed
   */
  public @Nullable Buffer holdIfCached(long objectId, long blockId, Object tag) {
    Objects.requireNonNull(tag, "tag");
    checkOpen();
    Buffer cached = index.get(objectId, blockId);
    if (cached == null || !cached.tryHold()) {
      return null;
    }
    return hit(cached, cached.sizeBytes(), tag);
  }

  /**
   * Finds a block without holding it, for {@link Buffer#readStamp} and {@link Buffer#read}. Reads
   * nothing and waits for nothing.
   *
   * @param objectId the object
   * @param blockId the block of the object
   * @return the buffer, in any state; null if the block is not cached at this moment
   * @throws ClosedException if the cache is closed
   */
  public @Nullable Buffer find(long objectId, long blockId) {
    checkOpen();
    return index.get(objectId, blockId);
  }

  /**
   * Begins to read blocks that will be wanted, on threads of the cache, and returns at once: a
   * hint. Who holds such a block later finds it cached, or waits for it as for any read; a failure
   * is told to those who wait then, and otherwise forgotten: the next hold reads again.
   *
   * <p>Takes memory that is free, or that cold clean blocks have; what needs more than that, or
   * comes while a quarter of the budget is being read ahead, is left out.
   *
   * @param source where the blocks are read from, see {@link BlockSource#readAll}
   * @param objectId the object
   * @param blockIds the blocks of the object, those wanted first in front; what is cached already
   *     is passed over
   * @param sizeBytes how large each of them is, 1 byte to 1 MiB
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public void prefetch(BlockSource source, long objectId, long[] blockIds, int sizeBytes) {
    checkOpen();
    prefetcher.prefetch(source, objectId, blockIds, sizeBytes);
  }

  /**
   * Holds a block that is about to be overwritten as a whole, so that it need not be read. In
   * {@link BufferState#FILL} the caller writes all its bytes and then calls {@link
   * Buffer#fillDone}, or {@link Buffer#fillFailed}; others wait until then, so it must not wait for
   * memory or for them in between. If the block is cached, it is returned as by {@link #hold}.
   *
   * @param objectId the object
   * @param blockId the block of the object
   * @param sizeBytes how large the block is, 1 byte to 1 MiB
   * @param tag who holds it, for reports; {@link Buffer#release} takes the same
   * @return the buffer, held, in FILL or CACHED
   * @throws org.zapkv.error.CacheFullException if there is no room for it
   * @throws BufferStateException if the block is cached with another size, or this thread is just
   *     reading or filling it
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public Buffer holdForFill(long objectId, long blockId, int sizeBytes, Object tag) {
    Objects.requireNonNull(tag, "tag");
    BufferKey key = new BufferKey(objectId, blockId);
    while (true) {
      checkOpen();
      Buffer cached = index.get(key);
      if (cached != null) {
        if (cached.holdWaiting()) {
          return hit(cached, sizeBytes, tag);
        }
        continue;
      }
      Buffer created = create(key, sizeBytes, false, BufferState.FILL);
      if (created != null) {
        return held(created, tag);
      }
    }
  }

  /**
   * Holds a block that is about to be written as a whole straight to where its source has it, so
   * that it takes no memory here. In {@link BufferState#NOFILL} the buffer has no bytes; others who
   * want the block wait until it is released, and then read it from the source: so by then the
   * source must give what was written, or, if the write failed, what was there before. The holder
   * must not wait for them in between, and should have the memory that it needs before.
   *
   * <p>If the block is cached, clean, and nobody holds it, it gives way, and its user is evicted.
   * If it is held or dirty it is returned as by {@link #hold}, and the caller changes it there
   * instead.
   *
   * <p>A {@link #freeRange} or {@link #dropObject} passes over a block in NOFILL, as nothing of it
   * is cached: whether the writing or the freeing came last is for the source to say.
   *
   * @param objectId the object
   * @param blockId the block of the object
   * @param sizeBytes how large the block is, 1 byte to 1 MiB
   * @param tag who holds it, for reports; {@link Buffer#release} takes the same
   * @return the buffer, held, in NOFILL or CACHED
   * @throws BufferStateException if the block is cached with another size, or this thread is just
   *     reading, filling or writing it
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public Buffer holdNoFill(long objectId, long blockId, int sizeBytes, Object tag) {
    Objects.requireNonNull(tag, "tag");
    BlockAllocator.blockBytes(sizeBytes);
    BufferKey key = new BufferKey(objectId, blockId);
    while (true) {
      checkOpen();
      Buffer cached = index.get(key);
      if (cached == null) {
        Buffer created =
            new Buffer(this, key, sizeBytes, BufferContent.NO_MEMORY, BufferState.NOFILL);
        if (index.putIfAbsent(created)) {
          return held(created, tag);
        }
      } else if (cached.sizeBytes() == sizeBytes && cached.claimIdle(false)) {
        evictor.destroy(cached);
      } else if (cached.holdWaiting()) {
        return hit(cached, sizeBytes, tag);
      }
    }
  }

  /**
   * Gives a block another size: a new buffer takes over its identity, with as much of the content
   * as fits and zeros after it, without user, and not dirty. The old one keeps its user, and its
   * dirty records until they are cleaned, and is destroyed after that with its last release.
   *
   * @param held the present buffer of the block, held by the caller; nobody may change it now
   * @param newSizeBytes the new size, 1 byte to 1 MiB
   * @param tag who holds the new buffer
   * @return the new buffer, held and cached; the old one is still to be released
   * @throws BufferStateException if the buffer is not held and cached, or was resized before
   * @throws org.zapkv.error.CacheFullException if there is no room for it
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public Buffer resize(Buffer held, int newSizeBytes, Object tag) {
    Objects.requireNonNull(tag, "tag");
    checkOpen();
    held.checkCanResize();
    long source = held.address();
    long address = memory.allocate(newSizeBytes, false, evictor);
    int kept = Math.min(held.sizeBytes(), newSizeBytes);
    NativeMemory.copy(source, address, kept);
    NativeMemory.fill(address + kept, newSizeBytes - kept, (byte) 0);
    Buffer resized = new Buffer(this, held.key(), newSizeBytes, address, BufferState.CACHED);
    try {
      held.detachFor(resized);
    } catch (BufferStateException e) {
      resized.freeMemory();
      throw e;
    }
    evictor.forget(held);
    evictor.admit(resized);
    return held(resized, tag);
  }

  /**
   * Turns blocks into holes. The dirty record of the group is dropped. A buffer that nobody holds
   * is destroyed. One that is being read or filled comes out as zeros. A held one becomes zeros at
   * once and keeps its user; its holders stay. What older groups have dirty is kept for them.
   *
   * <p>From before this call on, the source must give zeros for these blocks. The caller guards the
   * content of held buffers, as for any other change.
   *
   * @param objectId the object
   * @param firstBlock the first block
   * @param blockCount how many blocks, 0 or above
   * @param group the open group
   * @throws org.zapkv.error.CacheFullException if there is no room for a copy that an older group
   *     needs
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the count is negative
   */
  public void freeRange(long objectId, long firstBlock, long blockCount, long group) {
    checkOpen();
    if (blockCount < 0) {
      throw new IllegalArgumentException("blockCount=" + blockCount + " is negative");
    }
    for (Buffer found : index.inRange(objectId, firstBlock, blockCount)) {
      Buffer buffer = found;
      while (buffer != null && !buffer.free(group)) {
        buffer = index.get(found.key());
      }
    }
  }

  /**
   * Drops everything of an object that is destroyed, in all groups: as {@link #freeRange} over all
   * its blocks, but nothing is kept for any group.
   *
   * @param objectId the object
   * @throws ClosedException if the cache is closed
   */
  public void dropObject(long objectId) {
    checkOpen();
    for (Buffer found : index.inRange(objectId, 0, Long.MAX_VALUE)) {
      Buffer buffer = found;
      while (buffer != null && !buffer.drop()) {
        buffer = index.get(found.key());
      }
    }
    // Those that lost their identity live for their holders and older groups only.
    index.detachedOf(objectId).forEach(Buffer::cleanAllVersions);
  }

  /**
   * Takes native memory for staging an I/O. May come out of the reserve: to be returned soon, and
   * without waiting for other memory.
   *
   * @param sizeBytes how much, 1 byte to 1 MiB
   * @return the memory, to be closed; it holds anything
   * @throws org.zapkv.error.CacheFullException if there is no room
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public IoMemory allocateIo(int sizeBytes) {
    checkOpen();
    long address = memory.allocate(sizeBytes, true, evictor);
    counters.ioBytes.add(BlockAllocator.blockBytes(sizeBytes));
    return new IoMemory(this, address, sizeBytes);
  }

  /**
   * Takes native memory for an I/O as {@link #allocateIo} does, but only if that needs no waiting,
   * no writing, and not the reserve: for what can be done without, too.
   *
   * @param sizeBytes how much, 1 byte to 1 MiB
   * @return the memory, to be closed; it holds anything; null if there is none
   * @throws ClosedException if the cache is closed
   * @throws IllegalArgumentException if the size is out of range
   */
  public @Nullable IoMemory allocateIoIfFree(int sizeBytes) {
    checkOpen();
    long address = memory.allocateNow(sizeBytes, null);
    if (address == 0) {
      return null;
    }
    counters.ioBytes.add(BlockAllocator.blockBytes(sizeBytes));
    return new IoMemory(this, address, sizeBytes);
  }

  /**
   * Does something that must get on even if all memory is dirty, and that gives back what it takes:
   * what it asks for on this thread may come out of the reserve, as with {@link #holdReserved}.
   *
   * @param action what to do; one at a time in a cache, as a rule, or they use the reserve up
   */
  public void withReserve(Runnable action) {
    memory.withReserve(action);
  }

  void freeIo(long address, int sizeBytes) {
    counters.ioBytes.add(-BlockAllocator.blockBytes(sizeBytes));
    memory.free(address, sizeBytes);
  }

  /**
   * Waits until no callback of an evicted user is pending or running.
   *
   * @throws BufferStateException if it is called from such a callback
   */
  public void awaitUserEvictions() {
    userEvictions.await();
  }

  /**
   * The cache's figures. Walks over all buffers.
   *
   * @return figures of about this moment; also of a closed cache
   */
  public CacheStats stats() {
    long[] sums = new long[2];
    index.forEach(
        buffer -> {
          sums[0] += buffer.holds();
          sums[1] += buffer.hits();
        });
    return new CacheStats(
        memory.budgetBytes(),
        memory.usedBytes(),
        memory.peakUsedBytes(),
        counters.cachedBytes.sum(),
        counters.dirtyBytes.sum(),
        counters.frozenBytes.sum(),
        counters.userBytes.sum(),
        counters.ioBytes.sum(),
        sums[1] + counters.hitsOfDestroyed.sum(),
        counters.misses.sum(),
        counters.evictions.sum(),
        counters.userEvictions.sum(),
        sums[0],
        counters.throttles.sum(),
        counters.throttleNanos.sum(),
        counters.writeOuts.sum(),
        counters.freedInFlight.sum(),
        counters.userReuses.sum(),
        counters.userFailures.sum(),
        RetiredSlabs.retiredBytes(),
        counters.prefetches.sum(),
        counters.prefetchesUsed.sum(),
        counters.prefetchesDropped.sum());
  }

  /**
   * Who holds what, for leak reports.
   *
   * @return with traced holds a text for each hold: buffer, tag, and the stack that took it; else
   *     one for each held buffer: how many hold it, and one of their tags
   */
  public List<String> outstandingHolds() {
    if (tracer != null) {
      return tracer.describe();
    }
    List<String> lines = new ArrayList<>();
    index.forEach(
        buffer -> {
          if (buffer.holds() > 0) {
            lines.add(buffer + " tag=" + buffer.lastTag());
          }
        });
    return lines;
  }

  /**
   * Closes the cache: new holds are refused, those who wait for memory get a {@link
   * ClosedException}, and buffers that nobody holds are destroyed, whatever is dirty in them. Held
   * ones stay usable and go with their last release. The native memory goes back to the system with
   * the last of them; if it was read without holds, it is retired instead, and goes back once no
   * buffer of this cache can be reached (see {@link CacheStats#retiredBytes}). Holds that are out
   * are logged, each with its stack if they are traced. Reads ahead that have begun are waited for,
   * unless this is called by one of them. Closing twice does nothing.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    memory.close();
    prefetcher.close();
    index.forEach(this::destroyIfIdle);
    List<String> leaked = outstandingHolds();
    if (!leaked.isEmpty()) {
      LOGGER.log(
          Level.WARNING,
          "cache closed with {0} holds or held buffers still out: {1}",
          leaked.size(),
          tracer != null ? String.join("; ", leaked) : leaked.get(0) + " and others");
    }
  }

  private @Nullable Buffer load(
      BlockSource source, BufferKey key, int sizeBytes, boolean reserved) {
    Buffer buffer = create(key, sizeBytes, reserved, BufferState.READ);
    if (buffer == null) {
      return null;
    }
    boolean gone = true;
    try {
      source.read(key.objectId(), key.blockId(), buffer.loadAddress(), sizeBytes);
      buffer.completeLoad();
      gone = false;
    } catch (Throwable e) {
      // All of them: a source may throw what it does not declare, in Kotlin for one.
      gone = buffer.failLoad(e);
      if (gone) {
        throw e;
      }
    } finally {
      if (gone) {
        buffer.dropHold();
      }
    }
    evictor.admit(buffer);
    return buffer;
  }

  /** A new buffer that is the one of its identity; null if another one is. */
  private @Nullable Buffer create(
      BufferKey key, int sizeBytes, boolean reserved, BufferState state) {
    long address = memory.allocate(sizeBytes, reserved, evictor);
    Buffer buffer = new Buffer(this, key, sizeBytes, address, state);
    if (!index.putIfAbsent(buffer)) {
      buffer.freeMemory();
      return null;
    }
    counters.misses.increment();
    return buffer;
  }

  private Buffer hit(Buffer buffer, int sizeBytes, Object tag) {
    if (buffer.sizeBytes() != sizeBytes) {
      String problem = buffer + ": held with sizeBytes=" + sizeBytes;
      buffer.dropHold();
      throw new BufferStateException(problem);
    }
    noteHit(buffer, tag);
    return buffer;
  }

  /** Counts a hold that was taken of a cached buffer. */
  void noteHit(Buffer buffer, Object tag) {
    if (buffer.used(memory.epoch(), tag)) {
      buffer.noteFirstUse();
    }
    if (tracer != null) {
      tracer.held(buffer, tag);
    }
  }

  private Buffer held(Buffer buffer, Object tag) {
    buffer.heldBy(tag);
    if (tracer != null) {
      tracer.held(buffer, tag);
    }
    return buffer;
  }

  /** A buffer has lost its last hold, or its last dirty record. */
  void becameIdle(Buffer buffer) {
    if (closed) {
      destroyIfIdle(buffer);
    }
    memory.gate().signalIfWaiting();
  }

  private void destroyIfIdle(Buffer buffer) {
    if (buffer.claimIdle(true)) {
      evictor.destroy(buffer);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException("the cache is closed");
    }
  }

  CacheMemory memory() {
    return memory;
  }

  /**
   * Every buffer reaches them, by this cache: that keeps memory mapped which a buffer points at.
   */
  UnheldReaders unheldReaders() {
    return unheldReaders;
  }

  Prefetcher prefetcher() {
    return prefetcher;
  }

  Evictor evictor() {
    return evictor;
  }

  BufferIndex index() {
    return index;
  }

  CacheCounters counters() {
    return counters;
  }

  UserEvictions userEvictions() {
    return userEvictions;
  }

  @Nullable HoldTracer tracer() {
    return tracer;
  }

  /** Makes caches. Not for several threads at once. */
  public static final class Builder {
    /** The smallest budget, in bytes. */
    public static final long MIN_BUDGET_BYTES = 4L << 20;

    private long budgetBytes = 64L << 20;
    private long reserveBytes = -1;
    private InitPolicy initPolicy = InitPolicy.defaultPolicy();
    private Duration waitTimeout = Duration.ofSeconds(30);
    private boolean traceHolds;
    private @Nullable DirtyWriter dirtyWriter;
    private boolean background = true;

    private Builder() {}

    /**
     * The limit for everything: cached and dirty blocks, copies of older groups, bytes of users,
     * memory for I/O.
     *
     * @param bytes at least {@link #MIN_BUDGET_BYTES}; 64 MiB by default
     * @return this
     * @throws IllegalArgumentException if it is less
     */
    public Builder budgetBytes(long bytes) {
      if (bytes < MIN_BUDGET_BYTES) {
        throw new IllegalArgumentException(
            "budgetBytes=" + bytes + " is below the minimum of " + MIN_BUDGET_BYTES);
      }
      budgetBytes = bytes;
      return this;
    }

    /**
     * The part of the budget that is kept for {@link BufferCache#holdReserved} and {@link
     * BufferCache#allocateIo}.
     *
     * @param bytes 0 or above, rounded up to a multiple of 1 MiB; by default a 16th of the budget
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public Builder reserveBytes(long bytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("reserveBytes=" + bytes + " is negative");
      }
      reserveBytes = bytes;
      return this;
    }

    /**
     * What is done to memory that is handed out and returned.
     *
     * @param policy by default {@link InitPolicy#defaultPolicy}
     * @return this
     */
    public Builder initPolicy(InitPolicy policy) {
      initPolicy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /**
     * Whether each hold is remembered with its tag and stack, for finding leaks. Costs a stack walk
     * for each hold.
     *
     * @param trace false by default
     * @return this
     */
    public Builder traceHolds(boolean trace) {
      traceHolds = trace;
      return this;
    }

    /**
     * How long a call waits for memory; not that long once {@link DirtyWriter#hasFailed} says so,
     * and about a second where {@link DirtyWriter#hasNoRoom} does.
     *
     * @param timeout 0 or above; 30 seconds by default
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public Builder waitTimeout(Duration timeout) {
      if (timeout.isNegative()) {
        throw new IllegalArgumentException("timeout=" + timeout + " is negative");
      }
      waitTimeout = timeout;
      return this;
    }

    /**
     * Where dirty buffers may go when memory is needed.
     *
     * @param writer by default there is none: dirty buffers stay until they are cleaned
     * @return this
     */
    public Builder dirtyWriter(DirtyWriter writer) {
      dirtyWriter = Objects.requireNonNull(writer, "writer");
      return this;
    }

    /**
     * Whether blocks are read ahead by threads of the cache.
     *
     * @param allow true by default; false: by the thread that asks for it, for runs that can be
     *     repeated exactly
     * @return this
     */
    public Builder background(boolean allow) {
      background = allow;
      return this;
    }

    /**
     * Makes the cache. It takes native memory only as it is used.
     *
     * @return a cache, to be closed
     * @throws IllegalArgumentException if the reserve leaves less than 1 MiB of the budget
     */
    public BufferCache build() {
      if (reserveBytes > budgetBytes - 2L * BlockAllocator.MAX_BLOCK_BYTES) {
        throw new IllegalArgumentException(
            "reserveBytes=" + reserveBytes + " is too much of budgetBytes=" + budgetBytes);
      }
      return new BufferCache(this);
    }
  }
}
