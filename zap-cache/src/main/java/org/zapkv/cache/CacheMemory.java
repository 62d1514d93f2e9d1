// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.UnheldReaders;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ClosedException;

/** The budget of a cache, and the one place that memory comes from and goes back to. */
final class CacheMemory {
  /*
   * Implementation notes
   *
   * The budget is cut in two, each with an allocator of its own: the main part, and a reserve that
   * only some callers may use (the thread that syncs, and staging of I/O). The reserve is memory of
   * its own and not a number, because what is free in the main part may be free in pieces too small.
   *
   *   budget  = main + reserve
   *   main   >= mainUsed = blocks out of the main allocator + bytes of users (which are on the heap)
   *
   * Bytes are claimed in mainUsed first (compare-and-set, never above the limit), then a block is
   * taken; a block that is not to be had gives the claim back. So the limit is hard at any moment.
   *
   * A caller that finds none goes through reclaim() (evict, write out) until it succeeds or nothing
   * is left to reclaim, and then waits at the gate, see there.
   */

  /** Makes memory available, by evicting or writing out. */
  interface Reclaimer {
    /** False: there is nothing that could be reclaimed now. */
    boolean reclaim();

    /** The same, but writes nothing out. */
    boolean reclaimClean();

    /** Whether nothing will ever be written out any more. */
    boolean isHopeless();

    /** Whether what is dirty could not be written at the last attempt, for want of room. */
    boolean hasNoRoom();

    /** For the message of the exception: what is in the way. */
    String describe();
  }

  private static final int MAX_ROUNDS = 4;
  private static final int MAX_CLAIM_ROUNDS = 64;

  /** How long what others hold is waited for where nothing is written out any more. */
  private static final long HOPELESS_WAIT_NANOS = 100_000_000;

  /** After how long at the latest those who wait see that this has come. */
  private static final long LOOK_NANOS = 1_000_000_000;

  /**
   * How long a wait may have lasted that finds that there is no room for what is dirty. Within that
   * time a group that is just being written may free some.
   */
  private static final long NO_ROOM_WAIT_NANOS = 1_000_000_000;

  /** After how long those who wait for such room try again to write. */
  private static final long NO_ROOM_LOOK_NANOS = 100_000_000;

  private final long budgetBytes;
  private final long mainLimitBytes;
  private final UnheldReaders unheldReaders = new UnheldReaders();
  private final BlockAllocator main;
  private final BlockAllocator reserve;
  private final InitPolicy policy;
  private final long waitNanos;
  private final CacheCounters counters;
  private final MemoryGate gate = new MemoryGate();
  private final int epochShift;

  /** Who may use the reserve for everything, see {@link #withReserve}. */
  private final Set<Thread> urgent = ConcurrentHashMap.newKeySet();

  private final AtomicLong mainUsed = new AtomicLong();
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong peakUsed = new AtomicLong();
  private final AtomicLong allocatedVolume = new AtomicLong();
  private volatile int epoch;
  private volatile boolean closed;

  CacheMemory(
      long budgetBytes,
      long reserveBytes,
      InitPolicy policy,
      Duration waitTimeout,
      CacheCounters counters) {
    this.budgetBytes = budgetBytes;
    this.policy = policy;
    this.reserve = new BlockAllocator(roundUp(reserveBytes), policy, unheldReaders);
    this.mainLimitBytes = budgetBytes - reserve.capacityBytes();
    this.main = new BlockAllocator(mainLimitBytes, policy, unheldReaders);
    this.waitNanos = waitTimeout.toNanos();
    this.counters = counters;
    this.epochShift = Math.max(16, 63 - Long.numberOfLeadingZeros(mainLimitBytes) - 6);
  }

  private static long roundUp(long bytes) {
    long unit = BlockAllocator.MAX_BLOCK_BYTES;
    return (bytes + unit - 1) / unit * unit;
  }

  InitPolicy policy() {
    return policy;
  }

  long budgetBytes() {
    return budgetBytes;
  }

  long mainLimitBytes() {
    return mainLimitBytes;
  }

  /** What the policy keeps cached: some room is left free, so that few allocations evict first. */
  long cachedLimitBytes() {
    return mainLimitBytes - mainLimitBytes / 16;
  }

  long usedBytes() {
    return used.get();
  }

  long peakUsedBytes() {
    return peakUsed.get();
  }

  long mappedBytes() {
    return main.mappedBytes() + reserve.mappedBytes();
  }

  UnheldReaders unheldReaders() {
    return unheldReaders;
  }

  /** Advances each time that about a 64th of the budget was allocated. */
  int epoch() {
    return epoch;
  }

  MemoryGate gate() {
    return gate;
  }

  boolean isReserve(long address) {
    return reserve.owns(address);
  }

  /**
   * Takes a block, waiting for it if need be.
   *
   * @throws CacheFullException if there is none in the time allowed
   * @throws ClosedException if the cache is closed
   */
  long allocate(int sizeBytes, boolean reserved, Reclaimer reclaimer) {
    long address = allocateMain(sizeBytes);
    if (address == 0) {
      long[] taken = new long[1];
      obtain(
          last -> {
            taken[0] = allocateMain(sizeBytes);
            if (taken[0] == 0 && last && (reserved || isUrgent())) {
              taken[0] = allocateReserve(sizeBytes);
            }
            return taken[0] != 0;
          },
          BlockAllocator.blockBytes(sizeBytes),
          reserved,
          reclaimer);
      address = taken[0];
    }
    countVolume(sizeBytes);
    return address;
  }

  /**
   * Takes a block without waiting, and never out of the reserve.
   *
   * @param reclaimer evicts clean blocks for it; null: nothing is evicted, not even later to have
   *     some room free again
   * @return 0: there is none
   */
  long allocateNow(int sizeBytes, @Nullable Reclaimer reclaimer) {
    if (reclaimer == null && mainUsed.get() + sizeBytes > cachedLimitBytes()) {
      return 0;
    }
    long address = allocateMain(sizeBytes);
    // What is evicted may lie in pieces that are too small; a few rounds are worth a hint.
    for (int round = 0; address == 0 && round < MAX_ROUNDS && reclaimer != null; round++) {
      if (!reclaimer.reclaimClean()) {
        break;
      }
      address = allocateMain(sizeBytes);
    }
    if (address != 0) {
      countVolume(sizeBytes);
    }
    return address;
  }

  /** Lets the caller's thread use the reserve while it does something. */
  void withReserve(Runnable action) {
    boolean isOutermost = urgent.add(Thread.currentThread());
    try {
      action.run();
    } finally {
      if (isOutermost) {
        urgent.remove(Thread.currentThread());
      }
    }
  }

  private boolean isUrgent() {
    return urgent.contains(Thread.currentThread());
  }

  private void countVolume(int sizeBytes) {
    int now = (int) (allocatedVolume.addAndGet(sizeBytes) >>> epochShift);
    if (now != epoch) {
      epoch = now;
    }
  }

  void free(long address, int sizeBytes) {
    int blockBytes = BlockAllocator.blockBytes(sizeBytes);
    // Before the bytes can be claimed again, so that the sum is never above the budget.
    used.addAndGet(-blockBytes);
    if (reserve.owns(address)) {
      reserve.free(address, sizeBytes);
    } else {
      main.free(address, sizeBytes);
      mainUsed.addAndGet(-blockBytes);
    }
    gate.signalIfWaiting();
  }

  /** Counts heap memory of a user against the budget; makes room, and waits for it, if need be. */
  void claim(long bytes, Reclaimer reclaimer) {
    if (!tryClaim(bytes)) {
      obtain(last -> tryClaim(bytes), bytes, false, reclaimer);
    }
  }

  /**
   * Counts heap memory of a user without waiting.
   *
   * @param reclaimer evicts clean blocks for it; null: nothing is evicted
   * @return false: there is no room
   */
  boolean claimNow(long bytes, @Nullable Reclaimer reclaimer) {
    boolean claimed = tryClaim(bytes);
    // Others may take what is evicted: a few rounds, as nothing depends on it.
    for (int round = 0; !claimed && round < MAX_CLAIM_ROUNDS && reclaimer != null; round++) {
      if (!reclaimer.reclaimClean()) {
        break;
      }
      claimed = tryClaim(bytes);
    }
    return claimed;
  }

  void unclaim(long bytes) {
    used.addAndGet(-bytes);
    mainUsed.addAndGet(-bytes);
    gate.signalIfWaiting();
  }

  /** Refuses everything from now on; the memory goes when the last block is back. */
  void close() {
    closed = true;
    main.close();
    reserve.close();
    gate.signalIfWaiting();
  }

  private boolean tryClaim(long bytes) {
    if (!claimMain(bytes)) {
      return false;
    }
    countUsed(bytes);
    return true;
  }

  private long allocateMain(int sizeBytes) {
    int blockBytes = BlockAllocator.blockBytes(sizeBytes);
    if (!claimMain(blockBytes)) {
      return 0;
    }
    long address = 0;
    try {
      address = main.allocate(sizeBytes);
    } finally {
      if (address == 0) {
        mainUsed.addAndGet(-blockBytes);
      }
    }
    if (address != 0) {
      countUsed(blockBytes);
    }
    return address;
  }

  private long allocateReserve(int sizeBytes) {
    long address = reserve.allocate(sizeBytes);
    if (address != 0) {
      countUsed(BlockAllocator.blockBytes(sizeBytes));
    }
    return address;
  }

  private boolean claimMain(long bytes) {
    while (true) {
      long before = mainUsed.get();
      if (bytes > mainLimitBytes - before) {
        return false;
      }
      if (mainUsed.compareAndSet(before, before + bytes)) {
        return true;
      }
    }
  }

  private void countUsed(long bytes) {
    long now = used.addAndGet(bytes);
    if (now > peakUsed.get()) {
      peakUsed.accumulateAndGet(now, Math::max);
    }
  }

  private void obtain(Attempt attempt, long bytes, boolean reserved, Reclaimer reclaimer) {
    long deadline = System.nanoTime() + waitNanos;
    while (deadline - System.nanoTime() > 0 && reclaimer.reclaim()) {
      if (attempt.succeeds(false)) {
        return;
      }
    }
    if (attempt.succeeds(true)) {
      return;
    }
    counters.throttles.increment();
    long throttledAt = System.nanoTime();
    gate.enter();
    try {
      while (true) {
        long seen = gate.sequence();
        boolean reclaimed;
        do {
          if (closed) {
            throw new ClosedException("the cache was closed while memory was waited for");
          }
          if (attempt.succeeds(true)) {
            return;
          }
          reclaimed = reclaimer.reclaim();
        } while (reclaimed && deadline - System.nanoTime() > 0);
        // Who has the reserve writes what is dirty: he is waited for, and must not give up.
        boolean isDiskFull = !reclaimed && !reserved && reclaimer.hasNoRoom();
        long left = leftNanos(deadline, throttledAt, isDiskFull, reclaimer.isHopeless());
        if (left <= 0) {
          if (reclaimed && attempt.succeeds(true)) {
            return;
          }
          throw full(bytes, throttledAt, isDiskFull, reclaimer);
        }
        gate.await(seen, Math.min(left, isDiskFull ? NO_ROOM_LOOK_NANOS : LOOK_NANOS));
      }
    } finally {
      gate.exit();
      counters.throttleNanos.add(System.nanoTime() - throttledAt);
    }
  }

  private static long leftNanos(
      long deadline, long throttledAt, boolean isDiskFull, boolean isHopeless) {
    long now = System.nanoTime();
    long left = deadline - now;
    if (isHopeless) {
      left = Math.min(left, throttledAt + HOPELESS_WAIT_NANOS - now);
    }
    if (isDiskFull) {
      left = Math.min(left, throttledAt + NO_ROOM_WAIT_NANOS - now);
    }
    return left;
  }

  private CacheFullException full(
      long bytes, long throttledAt, boolean isDiskFull, Reclaimer reclaimer) {
    String help = "; sync, release buffers, or give the cache a larger budget";
    if (reclaimer.isHopeless()) {
      help = "; close the store and open it again";
    } else if (isDiskFull) {
      help = ", which the disk has no room for; make room there, or remove something";
    }
    return new CacheFullException(
        "no room for "
            + bytes
            + " bytes within "
            + Duration.ofNanos(System.nanoTime() - throttledAt)
            + ": budget="
            + budgetBytes
            + " used="
            + used.get()
            + " "
            + reclaimer.describe()
            + help,
        isDiskFull);
  }

  private interface Attempt {
    /** Tries once; the last resort may be used only when nothing could be reclaimed. */
    boolean succeeds(boolean lastResort);
  }
}
