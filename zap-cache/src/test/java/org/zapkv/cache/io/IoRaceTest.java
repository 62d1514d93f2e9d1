// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.CacheStats;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.device.IoMode;
import org.zapkv.cache.device.testing.WatchedDevice;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/**
 * The real I/O paths while memory is reclaimed all the time, transfers fail, threads are
 * interrupted and caches are closed under them. Every block says of itself what it is, in every
 * word, so the device sees at the beginning and at the end of each transfer whether the memory is
 * still that of whoever gave it: nothing is returned while a transfer uses it, and no byte reaches
 * the device but what its owner wrote.
 *
 * <p>{@code -Dzap.race.seconds=300} makes it long.
 */
@Tag("once") // It names the policies itself.
final class IoRaceTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = 600;

  /** Each has one more block, that it writes and reads past the cache. */
  private static final int WORKERS = 4;

  private static final long ROUND_NANOS = 300_000_000;
  private static final int FAIL_ONE_IN = 60;

  private final AtomicLong transfers = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong interrupts = new AtomicLong();
  private final AtomicLong reclaims = new AtomicLong();
  private final AtomicLong prefetches = new AtomicLong();
  private final AtomicLong rounds = new AtomicLong();
  private final AtomicLong versions = new AtomicLong();
  private final AtomicReference<Throwable> broken = new AtomicReference<>();
  private final Set<Thread> interruptible = ConcurrentHashMap.newKeySet();

  @ParameterizedTest
  @CsvSource({"NONE, BUFFERED", "NONE, DIRECT", "POISON, BUFFERED", "POISON, DIRECT"})
  void memoryStaysWithItsTransfer(InitPolicy policy, IoMode mode, @TempDir Path folder)
      throws Exception {
    long nanos = Duration.ofSeconds(Long.getLong("zap.race.seconds", 2)).toNanos();
    Logger logger = Logger.getLogger("org.zapkv.cache");
    Level level = logger.getLevel();
    logger.setLevel(Level.OFF);
    try (FileDevice file = FileDevice.open(folder.resolve("blocks"), mode)) {
      prepare(file);
      Seeds.run(
          seed -> {
            Random random = new Random(seed);
            long end = System.nanoTime() + nanos;
            do {
              new Round(policy, file, random.nextLong()).run();
            } while (System.nanoTime() - end < 0 || !hasSeenAll(end));
          });
    } finally {
      logger.setLevel(level);
    }
    System.out.printf(
        "IoRaceTest: %s %s: %s rounds, %s transfers, %s failed, %s interrupts, %s blocks reclaimed, %s read ahead%n",
        policy, mode, rounds, transfers, failures, interrupts, reclaims, prefetches);
    assertTrue(failures.get() > 0, "no transfer failed");
    assertTrue(interrupts.get() > 0, "nobody was interrupted");
    assertTrue(reclaims.get() > 0, "nothing was reclaimed");
    assertTrue(prefetches.get() > 0, "nothing was read ahead");
  }

  /** A slow machine is given more rounds to meet everything, though not for ever. */
  private boolean hasSeenAll(long end) {
    boolean all =
        failures.get() > 0 && interrupts.get() > 0 && reclaims.get() > 0 && prefetches.get() > 0;
    return all || System.nanoTime() - end > Waiting.PATIENCE.toNanos();
  }

  private static void prepare(BlockDevice file) {
    try (BufferCache cache = BufferCache.builder().build();
        IoMemory zeros = cache.allocateIo(BLOCK_BYTES)) {
      NativeMemory.fill(zeros.address(), BLOCK_BYTES, (byte) 0);
      for (int block = 0; block < BLOCKS + WORKERS; block++) {
        file.write((long) block * BLOCK_BYTES, zeros.address(), BLOCK_BYTES);
      }
    }
  }

  /** What is in a word of a version of a block; version 0 is all zeros. */
  private static long word(long block, long version, int at) {
    return version == 0 ? 0 : version * 0x9E3779B97F4A7C15L + block * 0xBF58476D1CE4E5B9L + at;
  }

  private static void fill(long address, long block, long version) {
    NativeMemory.putLong(address, version);
    for (int at = Long.BYTES; at < BLOCK_BYTES; at += Long.BYTES) {
      NativeMemory.putLong(address + at, word(block, version, at));
    }
  }

  private static void check(String when, long address, long block) {
    long version = NativeMemory.getLong(address);
    for (int at = Long.BYTES; at < BLOCK_BYTES; at += Long.BYTES) {
      long found = NativeMemory.getLong(address + at);
      if (found != word(block, version, at)) {
        throw new AssertionError(
            "%s: block %d version %d has %016x at %d".formatted(when, block, version, found, at));
      }
    }
  }

  /** Around every transfer: the memory is the caller's, at its beginning and at its end. */
  private void around(boolean write, long offset, long address, int length, Runnable transfer) {
    assertEquals(BLOCK_BYTES, length);
    long block = offset / BLOCK_BYTES;
    interruptible.add(Thread.currentThread());
    try {
      if (write) {
        check("before a write", address, block);
      } else {
        fill(address, -block, -1 - block);
        Thread.onSpinWait();
        check("before a read", address, -block);
      }
      boolean fails = ThreadLocalRandom.current().nextInt(FAIL_ONE_IN) == 0;
      if (!fails || ThreadLocalRandom.current().nextBoolean()) {
        transfer.run();
        check("after a transfer", address, block);
      }
      transfers.incrementAndGet();
      if (fails) {
        failures.incrementAndGet();
        throw new DeviceException("injected");
      }
    } catch (AssertionError e) {
      broken.compareAndSet(null, e);
      throw e;
    } finally {
      interruptible.remove(Thread.currentThread());
    }
  }

  /** A cache over the device, used by some threads until it is closed under them. */
  private final class Round {
    private final BlockDevice device;
    private final BufferCache cache;
    private final IoQueue queue;
    private final long seed;
    private final Queue<Buffer> dirty = new ConcurrentLinkedQueue<>();

    /** A freed block becomes zeros under everybody: nobody may be at the content then. */
    private final ReadWriteLock content = new ReentrantReadWriteLock();

    Round(InitPolicy policy, BlockDevice file, long seed) {
      this.device = new WatchedDevice(file, IoRaceTest.this::around);
      this.cache =
          BufferCache.builder()
              .budgetBytes(4L << 20)
              .initPolicy(policy)
              .waitTimeout(Duration.ofMillis(50))
              .build();
      this.queue = new IoQueue(device, 3);
      this.seed = seed;
    }

    void run() throws Exception {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        int worker = i;
        threads.add(new Thread(() -> guarded(() -> work(worker)), "race-" + i));
      }
      threads.forEach(Thread::start);
      Random random = new Random(seed);
      long end = System.nanoTime() + ROUND_NANOS;
      while (System.nanoTime() - end < 0 && broken.get() == null) {
        List<Thread> targets = new ArrayList<>(random.nextBoolean() ? threads : interruptible);
        if (!targets.isEmpty()) {
          targets.get(random.nextInt(targets.size())).interrupt();
          interrupts.incrementAndGet();
        }
        LockSupport.parkNanos(100_000);
      }
      CacheStats stats = cache.stats();
      cache.close();
      for (Thread thread : threads) {
        thread.join();
      }
      queue.close();
      reclaims.addAndGet(stats.evictions());
      prefetches.addAndGet(stats.prefetchesUsed());
      rounds.incrementAndGet();
      if (broken.get() != null) {
        throw new AssertionError("a thread failed", broken.get());
      }
      assertEquals(0, cache.stats().usedBytes());
      assertEquals(0, cache.stats().outstandingHolds());
      assertTrue(stats.peakUsedBytes() <= 4L << 20);
    }

    private void guarded(Runnable action) {
      try {
        action.run();
      } catch (Throwable e) {
        broken.compareAndSet(null, e);
      }
    }

    private void work(int worker) {
      Random random = new Random(seed + worker);
      try {
        while (broken.get() == null) {
          try {
            step(worker, random);
          } catch (DeviceException | CacheFullException e) {
            // Injected; or all that is in the cache is dirty or being read, for a moment.
            writeBack();
          }
        }
      } catch (ClosedException e) {
        // That is how a round ends.
        return;
      }
    }

    private void step(int worker, Random random) {
      long block = random.nextInt(BLOCKS);
      int kind = random.nextInt(100);
      if (kind < 40) {
        use(block, false);
      } else if (kind < 60) {
        use(block, true);
      } else if (kind < 80) {
        writeBack();
      } else if (kind < 90) {
        long first = random.nextInt(BLOCKS - 8);
        cache.prefetch(this::read, 1, LongStream.range(first, first + 8).toArray(), BLOCK_BYTES);
      } else if (kind < 92) {
        content.writeLock().lock();
        try {
          cache.freeRange(1, block, 4, 1);
        } finally {
          content.writeLock().unlock();
        }
      } else {
        transferDirectly(BLOCKS + worker);
      }
    }

    private void read(long objectId, long blockId, long address, int sizeBytes) {
      device.read(blockId * BLOCK_BYTES, address, sizeBytes);
    }

    private void use(long block, boolean change) {
      Buffer buffer = cache.hold(this::read, 1, block, BLOCK_BYTES, this);
      try {
        content.readLock().lock();
        StampedLock lock = buffer.contentLock();
        long stamp = change ? lock.writeLock() : lock.readLock();
        try {
          check("held", buffer.address(), block);
          if (change) {
            if (buffer.dirty(1)) {
              dirty.add(buffer);
            }
            fill(buffer.address(), block, versions.incrementAndGet());
          }
        } finally {
          lock.unlock(stamp);
          content.readLock().unlock();
        }
      } finally {
        buffer.release(this);
      }
    }

    /** Writes some dirty blocks, several in flight, each from memory that is given up at once. */
    private void writeBack() {
      List<Buffer> buffers = new ArrayList<>();
      List<IoTicket> tickets = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Buffer buffer = dirty.poll();
        if (buffer == null) {
          break;
        }
        IoTicket ticket = null;
        try (IoMemory memory = cache.allocateIo(BLOCK_BYTES)) {
          if (copy(buffer, memory)) {
            ticket = queue.write(buffer.blockId() * BLOCK_BYTES, memory, 0, BLOCK_BYTES);
          }
        } catch (DeviceException | CacheFullException e) {
          dirty.add(buffer);
        }
        if (ticket != null) {
          buffers.add(buffer);
          tickets.add(ticket);
        }
      }
      for (int i = 0; i < buffers.size(); i++) {
        Buffer buffer = buffers.get(i);
        try {
          tickets.get(i).await();
          buffer.clean(1);
        } catch (DeviceException e) {
          dirty.add(buffer);
        }
      }
      try {
        queue.drain();
      } catch (DeviceException e) {
        // Told of to the tickets as well; from here on the queue takes writes again.
        return;
      }
    }

    /** False: it was freed meanwhile. */
    private boolean copy(Buffer buffer, IoMemory memory) {
      content.readLock().lock();
      StampedLock lock = buffer.contentLock();
      long stamp = lock.readLock();
      try {
        buffer.copyOut(1, memory.address());
        return true;
      } catch (BufferStateException e) {
        return false;
      } finally {
        lock.unlockRead(stamp);
        content.readLock().unlock();
      }
    }

    private void transferDirectly(long block) {
      IoTicket ticket;
      long version = versions.incrementAndGet();
      try (IoMemory memory = cache.allocateIo(BLOCK_BYTES)) {
        fill(memory.address(), block, version);
        ticket = queue.write(block * BLOCK_BYTES, memory, 0, BLOCK_BYTES);
      }
      ticket.await();
      try (IoMemory memory = cache.allocateIo(BLOCK_BYTES)) {
        queue.read(block * BLOCK_BYTES, memory, 0, BLOCK_BYTES).await();
        assertEquals(version, NativeMemory.getLong(memory.address()));
        check("read back", memory.address(), block);
      }
    }
  }
}
