// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.error.BufferStateException;

/** Reads blocks that will be wanted. Any thread. */
final class Prefetcher {
  /*
   * Implementation notes
   *
   * A block that is to be read gets its buffer, in READ and held from here, at once; the hold goes
   * when the read has ended. So its memory is safe until then, whoever closes or frees meanwhile, and
   * whoever wants the block waits for it as for any read, or reads it (see BlockRead).
   *
   * Memory: what is free is taken as it comes, while no more than `limitBytes` are under way. Clean
   * cold blocks are evicted only while those read ahead and not used yet (PREFETCHED in the state
   * word) are below the same limit: else a long list of hints would evict its own beginning. Nothing
   * is waited for.
   *
   * The threads are made when there is something to read, are daemons, and end when idle.
   */
  private static final int THREADS = 4;
  private static final long IDLE_SECONDS = 2;

  /** What one thread reads in one call of the source: so many may be neighbours there. */
  private static final int BATCH_BYTES = 256 << 10;

  private final BufferCache cache;
  private final long limitBytes;

  /** Whether other threads read, or the one that asks. */
  private final boolean background;

  private final ThreadPoolExecutor executor;
  private final AtomicLong underWayBytes = new AtomicLong();
  private final AtomicLong unusedBytes = new AtomicLong();

  /** Who is in a source for this cache. */
  private final Set<Thread> reading = ConcurrentHashMap.newKeySet();

  Prefetcher(BufferCache cache, boolean background) {
    this.cache = cache;
    this.background = background;
    this.limitBytes = cache.memory().mainLimitBytes() / 4;
    this.executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "zap-cache-prefetch");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** Blocks that are read by one thread, in one call. */
  private final class Batch implements Runnable {
    final BlockSource source;
    final List<BlockRead> reads = new ArrayList<>();
    int bytes;

    Batch(BlockSource source) {
      this.source = source;
    }

    @Override
    public void run() {
      reading.add(Thread.currentThread());
      try {
        // Those that nobody who waits for them has begun to read.
        reads.removeIf(read -> !read.begin());
        Throwable failure = null;
        try {
          if (!reads.isEmpty()) {
            source.readAll(List.copyOf(reads));
          }
        } catch (Throwable e) {
          failure = e;
        }
        for (BlockRead read : reads) {
          read.failIfOpen(failure == null ? forgotten(read) : failure);
        }
      } finally {
        reading.remove(Thread.currentThread());
      }
    }

    private static BufferStateException forgotten(BlockRead read) {
      return new BufferStateException(
          "the source neither read block "
              + read.objectId()
              + "/"
              + read.blockId()
              + " nor said that it failed");
    }

    void discard() {
      reads.forEach(BlockRead::discard);
    }
  }

  void prefetch(BlockSource source, long objectId, long[] blockIds, int sizeBytes) {
    Batch batch = new Batch(source);
    try {
      for (long blockId : blockIds) {
        BufferKey key = new BufferKey(objectId, blockId);
        if (cache.index().get(key) != null) {
          continue;
        }
        BlockRead read = prepare(source, key, sizeBytes);
        if (read != null) {
          batch.reads.add(read);
          batch.bytes += sizeBytes;
        }
        if (batch.bytes >= BATCH_BYTES) {
          Batch full = batch;
          batch = new Batch(source);
          submit(full);
        }
      }
    } finally {
      submit(batch);
    }
  }

  private @Nullable BlockRead prepare(BlockSource source, BufferKey key, int sizeBytes) {
    int blockBytes = BlockAllocator.blockBytes(sizeBytes);
    if (underWayBytes.addAndGet(blockBytes) > limitBytes) {
      underWayBytes.addAndGet(-blockBytes);
      cache.counters().prefetchesDropped.increment();
      return null;
    }
    BlockRead read = null;
    try {
      boolean mayEvict = unusedBytes.get() < limitBytes;
      long address = cache.memory().allocateNow(sizeBytes, mayEvict ? cache.evictor() : null);
      if (address == 0) {
        cache.counters().prefetchesDropped.increment();
        return null;
      }
      unusedBytes.addAndGet(blockBytes);
      Buffer buffer = Buffer.toPrefetch(cache, key, sizeBytes, address);
      BlockRead prepared = new BlockRead(this, source, buffer);
      buffer.setAhead(prepared);
      if (cache.index().putIfAbsent(buffer)) {
        cache.counters().misses.increment();
        cache.counters().prefetches.increment();
        read = prepared;
      } else {
        buffer.freeMemory();
      }
      return read;
    } finally {
      if (read == null) {
        underWayBytes.addAndGet(-blockBytes);
      }
    }
  }

  private void submit(Batch batch) {
    if (batch.reads.isEmpty()) {
      return;
    }
    if (!background) {
      batch.run();
      return;
    }
    boolean submitted = false;
    try {
      executor.execute(batch);
      submitted = true;
    } catch (RejectedExecutionException e) {
      // Closed meanwhile: whoever waits for one of the blocks is told so.
      submitted = false;
    } finally {
      if (!submitted) {
        batch.discard();
      }
    }
  }

  /** A block is read; its hold from here is given back. */
  void loaded(Buffer buffer) {
    try {
      cache.evictor().admit(buffer);
    } finally {
      ended(buffer);
    }
  }

  /** A read is over. */
  void ended(Buffer buffer) {
    underWayBytes.addAndGet(-BlockAllocator.blockBytes(buffer.sizeBytes()));
    buffer.setAhead(null);
    buffer.dropHold();
  }

  /** A block that was read ahead is used for the first time, or goes without that. */
  void noLongerUnused(Buffer buffer, boolean used) {
    unusedBytes.addAndGet(-BlockAllocator.blockBytes(buffer.sizeBytes()));
    if (used) {
      cache.counters().prefetchesUsed.increment();
    }
  }

  /**
   * Takes no more, drops what has not begun, and waits for the reads that have, unless the caller
   * is one of them.
   */
  void close() {
    executor.shutdown();
    List<Runnable> queued = new ArrayList<>();
    executor.getQueue().drainTo(queued);
    for (Runnable task : queued) {
      if (task instanceof Batch batch) {
        batch.discard();
      }
    }
    if (reading.contains(Thread.currentThread())) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    while (!executor.isTerminated()) {
      try {
        // The loop decides whether it was the end or the time.
        boolean ignored = executor.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
