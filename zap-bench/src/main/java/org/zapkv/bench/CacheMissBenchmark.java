// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Reading blocks that are not cached, from a source that only fills memory: through the buffer
 * cache and a plain Caffeine cache of byte arrays, both full, so that each block read is one
 * evicted. What the filling takes is measured by itself.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CacheMissBenchmark {
  private static final long BUDGET_BYTES = 16L << 20;

  /** Bytes of a block. */
  @Param({"512", "16384"})
  public int blockBytes;

  private BufferCache cache;
  private Cache<Long, byte[]> caffeine;

  /** Made by JMH. */
  public CacheMissBenchmark() {}

  /** The blocks of a thread, nearly never the same again, and memory of its own. */
  @State(Scope.Thread)
  public static class Choice {
    private final SplittableRandom random = new SplittableRandom();
    private IoMemory memory;

    /** Made by JMH. */
    public Choice() {}

    /**
     * Takes the memory.
     *
     * @param benchmark whose cache has it
     */
    @Setup
    public void setup(CacheMissBenchmark benchmark) {
      memory = benchmark.cache.allocateIo(benchmark.blockBytes);
    }

    /** Gives it back. */
    @TearDown
    public void tearDown() {
      memory.close();
    }

    long block() {
      return random.nextLong() >>> 16;
    }
  }

  /** Fills the caches. */
  @Setup
  public void setup() {
    cache = BufferCache.builder().budgetBytes(BUDGET_BYTES).build();
    caffeine =
        Caffeine.newBuilder()
            .maximumWeight(BUDGET_BYTES)
            .weigher((Long block, byte[] bytes) -> bytes.length)
            .executor(Runnable::run)
            .build();
    for (long block = 0; block < BUDGET_BYTES / blockBytes; block++) {
      holdAndRelease(block);
      caffeine.put(block, array(block));
    }
  }

  /** Closes the cache. */
  @TearDown
  public void tearDown() {
    cache.close();
  }

  private static void read(long objectId, long blockId, long address, int sizeBytes) {
    NativeMemory.fill(address, sizeBytes, (byte) blockId);
  }

  private byte[] array(long block) {
    byte[] bytes = new byte[blockBytes];
    Arrays.fill(bytes, (byte) block);
    return bytes;
  }

  private long holdAndRelease(long block) {
    Buffer buffer = cache.hold(CacheMissBenchmark::read, 1, block, blockBytes, this);
    long value = NativeMemory.getLong(buffer.address());
    buffer.release(this);
    return value;
  }

  /**
   * The choice of a block and the filling of memory alone.
   *
   * @param choice the thread's
   * @return the block
   */
  @Benchmark
  public long fill(Choice choice) {
    long block = choice.block();
    NativeMemory.fill(choice.memory.address(), blockBytes, (byte) block);
    return block;
  }

  /**
   * The choice of a block and a new array, filled.
   *
   * @param choice the thread's
   * @return the array
   */
  @Benchmark
  public byte[] newArray(Choice choice) {
    return array(choice.block());
  }

  /**
   * Reads a block into the full cache; another one is evicted for it.
   *
   * @param choice the thread's
   * @return some of its bytes
   */
  @Benchmark
  public long missAndEviction(Choice choice) {
    return holdAndRelease(choice.block());
  }

  /**
   * Reads a block and frees it at once, so that none has to be chosen and evicted for the next one.
   *
   * @param choice the thread's
   * @return some of its bytes
   */
  @Benchmark
  public long missAndFree(Choice choice) {
    long block = choice.block();
    long value = holdAndRelease(block);
    cache.freeRange(1, block, 1, 1);
    return value;
  }

  /**
   * Loads an array into a full Caffeine cache; another one is evicted for it.
   *
   * @param choice the thread's
   * @return the array
   */
  @Benchmark
  public byte[] caffeineMissAndEviction(Choice choice) {
    return caffeine.get(choice.block(), this::array);
  }
}
