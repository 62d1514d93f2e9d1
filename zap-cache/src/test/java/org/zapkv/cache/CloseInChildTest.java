// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Children;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;

/**
 * Caches are closed, twice, under holders, loaders, unheld readers, reads ahead and those who free,
 * and used after that, in a JVM of its own: each late call gets its exception, and the JVM does not
 * crash.
 */
@Tag("once") // It names the policies itself.
final class CloseInChildTest {
  /** {@code -Dzap.close.rounds=10000} for a long run. */
  private static final int ROUNDS = Integer.getInteger("zap.close.rounds", 1_000);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(
      value = InitPolicy.class,
      names = {"NONE", "POISON"})
  void closingNeverCrashes(InitPolicy policy) throws Exception {
    Path output = directory.resolve("output");
    ProcessBuilder child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:-CreateCoredumpOnCrash",
                "-D" + InitPolicy.PROPERTY + "=" + policy,
                "-Dzap.seed=" + new Random().nextLong(),
                "-Dzap.close.rounds=" + ROUNDS,
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    int exit = Children.run(child, () -> textOf(output));
    String text = textOf(output);
    assertEquals(0, exit, text);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(output), files.toList());
    }
    String last = text.lines().reduce("", (before, line) -> line);
    assertTrue(last.startsWith(ROUNDS + " rounds"), text);
    System.out.println("CloseInChildTest: " + policy + ": " + last);
  }

  private static String textOf(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new AssertionError("no output of the child", e);
    }
  }

  /** What runs in the child. */
  static final class Child {
    private static final int SIZE_BYTES = 4096;
    private static final int BLOCKS = 64;
    private static final int ROLES = 4;

    /** Strong, or the level would be forgotten. */
    private static final Logger LOGGER = Logger.getLogger(BufferCache.class.getName());

    private final CyclicBarrier barrier = new CyclicBarrier(ROLES);
    private final LongAdder refused = new LongAdder();
    private final LongAdder unheldReads = new LongAdder();
    private final LongAdder heldAtClose = new LongAdder();

    /** Whether the reader was let in to the present cache. Its thread's own. */
    private boolean hadStamp;

    /** Changed between two barriers only. */
    private BufferCache cache = newCache();

    private Buffer atHand = cached(0);
    private AtomicInteger steps = new AtomicInteger();

    private Child() {}

    /** Makes and closes caches. */
    public static void main(String[] args) throws Exception {
      LOGGER.setLevel(Level.OFF);
      Seeds.run(
          seed -> {
            Child child = new Child();
            Threads.run(ROLES, role -> child.play(role, new Random(seed + role)));
            System.out.println(
                ROUNDS
                    + " rounds, late calls refused="
                    + child.refused
                    + " unheld reads="
                    + child.unheldReads
                    + " holds out at close="
                    + child.heldAtClose);
          });
    }

    private static BufferCache newCache() {
      return BufferCache.builder().budgetBytes(BufferCache.Builder.MIN_BUDGET_BYTES).build();
    }

    private Buffer cached(int block) {
      Buffer buffer = hold(block);
      buffer.release(this);
      return buffer;
    }

    private Buffer hold(int block) {
      return cache.hold(Child::read, 1, block, SIZE_BYTES, this);
    }

    private static void read(long objectId, long blockId, long address, int sizeBytes) {
      NativeMemory.fill(address, sizeBytes, (byte) (blockId + 1));
    }

    private void play(int role, Random random) throws Exception {
      try {
        for (int round = 0; round < ROUNDS; round++) {
          barrier.await(180, TimeUnit.SECONDS);
          switch (role) {
            case 0 -> closeAfter(random.nextInt(40));
            case 1 -> holdUntilClosed(random);
            case 2 -> changeUntilClosed(random);
            default -> readUntilClosed(random);
          }
          barrier.await(180, TimeUnit.SECONDS);
          if (role == 0) {
            useAfterClose();
            cache = newCache();
            atHand = cached(0);
            steps = new AtomicInteger();
          }
        }
      } catch (Exception | Error e) {
        // Else the others wait for this thread.
        barrier.reset();
        throw e;
      }
    }

    private void closeAfter(int count) {
      while (steps.get() < count) {
        pause();
      }
      cache.close();
      heldAtClose.add(cache.stats().outstandingHolds());
      cache.close();
    }

    private void step() {
      if ((steps.incrementAndGet() & 7) == 0) {
        pause();
      }
    }

    /** Lets the others have the processor, of which there are few: the closer above all. */
    @SuppressWarnings("ThreadPriorityCheck") // faster, not more right
    private static void pause() {
      Thread.yield();
    }

    private void holdUntilClosed(Random random) {
      try {
        while (true) {
          int block = random.nextInt(BLOCKS);
          Buffer buffer = hold(block);
          step();
          // Also when the cache was closed meanwhile: held memory stays.
          long content = NativeMemory.getLong(buffer.address() + SIZE_BYTES - Long.BYTES);
          if (content != 0 && (byte) content != (byte) (block + 1)) {
            throw new AssertionError(buffer + ": content=" + content);
          }
          buffer.release(this);
        }
      } catch (ClosedException e) {
        refused.increment();
      }
    }

    private void changeUntilClosed(Random random) {
      try {
        for (int i = 0; ; i++) {
          int block = random.nextInt(BLOCKS);
          step();
          switch (i % 5) {
            case 0 -> cache.freeRange(1, block, 1, 1);
            case 1 -> cache.allocateIo(SIZE_BYTES).close();
            case 2 -> fill(block);
            case 3 -> prefetch(block);
            default -> changeUsed(block);
          }
        }
      } catch (ClosedException e) {
        refused.increment();
      }
    }

    private void prefetch(int first) {
      long[] blocks = LongStream.range(first, first + 8).toArray();
      cache.prefetch(Child::read, 1, blocks, SIZE_BYTES);
    }

    private void fill(int block) {
      Buffer buffer = cache.holdForFill(1, block, SIZE_BYTES, this);
      if (buffer.state() == BufferState.FILL) {
        NativeMemory.fill(buffer.address(), SIZE_BYTES, (byte) (block + 1));
        buffer.fillDone();
      }
      buffer.release(this);
    }

    private void changeUsed(int block) {
      Buffer buffer = hold(block);
      try {
        buffer.setUser(() -> {});
        buffer.dirty(1);
      } finally {
        buffer.release(this);
      }
      buffer.clean(1);
    }

    /** Goes on with a buffer that it has at hand when the cache is closed, and its memory gone. */
    private void readUntilClosed(Random random) {
      Buffer own = atHand;
      int late = 0;
      boolean open = true;
      hadStamp = false;
      while (late < 20) {
        readUnheld(own);
        String ignored = own.read(address -> Long.toString(NativeMemory.getLong(address)));
        late += open ? 0 : 1;
        try {
          Buffer found = cache.find(1, random.nextInt(BLOCKS));
          if (found != null) {
            readUnheld(found);
          }
        } catch (ClosedException e) {
          refused.increment();
          open = false;
        }
        step();
      }
    }

    private void readUnheld(Buffer buffer) {
      long stamp = buffer.readStamp();
      hadStamp |= stamp != 0;
      if (!hadStamp) {
        return;
      }
      // Also without a good stamp, and to the last byte: such a reader may have had a good one.
      byte first = NativeMemory.getByte(buffer.unheldAddress());
      byte last = NativeMemory.getByte(buffer.unheldAddress() + SIZE_BYTES - 1);
      if (stamp != 0 && buffer.isValid(stamp)) {
        byte expected = (byte) (buffer.blockId() + 1);
        if (first != last || (first != 0 && first != expected)) {
          throw new AssertionError(buffer + ": first=" + first + " last=" + last);
        }
        unheldReads.increment();
      }
    }

    private void useAfterClose() {
      assertThrows(ClosedException.class, () -> hold(1));
      assertThrows(ClosedException.class, () -> cache.holdIfCached(1, 1, this));
      assertThrows(ClosedException.class, () -> cache.holdForFill(1, 1, SIZE_BYTES, this));
      assertThrows(ClosedException.class, () -> cache.find(1, 1));
      assertThrows(ClosedException.class, () -> cache.holdNoFill(1, 1, SIZE_BYTES, this));
      assertThrows(ClosedException.class, () -> prefetch(1));
      assertThrows(ClosedException.class, () -> cache.freeRange(1, 0, 1, 1));
      assertThrows(ClosedException.class, () -> cache.dropObject(1));
      assertThrows(ClosedException.class, () -> cache.allocateIo(SIZE_BYTES));
      assertThrows(ClosedException.class, () -> cache.resize(atHand, 512, this));
      assertThrows(BufferStateException.class, () -> atHand.address());
      assertThrows(BufferStateException.class, () -> atHand.release(this));
      assertNull(atHand.read(address -> address));
      assertEquals(0, atHand.readStamp());
      cache.awaitUserEvictions();
      CacheStats stats = cache.stats();
      assertEquals(0, stats.outstandingHolds());
      assertEquals(0, stats.usedBytes());
      refused.add(12);
    }
  }
}
