// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Reading blocks that are all cached: through the buffer cache, held and unheld, beside a plain
 * Caffeine cache of byte arrays and a map and an array of them that nothing is ever evicted from.
 * 4096 blocks of 16 KiB, uniformly random. {@code -t 2} for two threads, {@code -prof gc} for the
 * allocation of each operation.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CacheBenchmark {
  private static final int BLOCKS = 4096;
  private static final int BLOCK_BYTES = 16 << 10;
  private static final long BUDGET_BYTES = 256L << 20;
  private static final int SLICE_BYTES = 100;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final Buffer[] buffers = new Buffer[BLOCKS];
  private final byte[][] arrays = new byte[BLOCKS][];
  private final ConcurrentHashMap<Long, byte[]> map = new ConcurrentHashMap<>();
  private BufferCache cache;
  private Cache<Long, byte[]> caffeine;

  /** Made by JMH. */
  public CacheBenchmark() {}

  /** The blocks of a thread, in an order of its own, and where it copies bytes to. */
  @State(Scope.Thread)
  public static class Choice {
    private final SplittableRandom random = new SplittableRandom();
    private final byte[] slice = new byte[SLICE_BYTES];

    /** Made by JMH. */
    public Choice() {}

    int block() {
      return random.nextInt() & (BLOCKS - 1);
    }
  }

  /** Has all blocks in all places. */
  @Setup
  public void setup() {
    cache = BufferCache.builder().budgetBytes(BUDGET_BYTES).build();
    caffeine =
        Caffeine.newBuilder()
            .maximumWeight(BUDGET_BYTES)
            .weigher((Long block, byte[] bytes) -> bytes.length)
            .build();
    for (int block = 0; block < BLOCKS; block++) {
      buffers[block] = hold(block);
      buffers[block].release(this);
      arrays[block] = new byte[BLOCK_BYTES];
      map.put((long) block, arrays[block]);
      caffeine.put((long) block, arrays[block]);
    }
  }

  /** Closes the cache. */
  @TearDown
  public void tearDown() {
    cache.close();
  }

  private Buffer hold(int block) {
    return cache.hold(CacheBenchmark::read, 1, block, BLOCK_BYTES, this);
  }

  private static void read(long objectId, long blockId, long address, int sizeBytes) {
    NativeMemory.fill(address, sizeBytes, (byte) blockId);
  }

  /**
   * The choice of a block alone, which the others include.
   *
   * @param choice the thread's
   * @return the block
   */
  @Benchmark
  public int choice(Choice choice) {
    return choice.block();
  }

  /**
   * Holds a block, reads eight bytes, releases it.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long holdRead8Release(Choice choice) {
    Buffer buffer = hold(choice.block());
    long value = NativeMemory.getLong(buffer.address());
    buffer.release(this);
    return value;
  }

  /**
   * Finds a block and reads eight bytes without a hold.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long findRead8(Choice choice) {
    return read8(Objects.requireNonNull(cache.find(1, choice.block())));
  }

  /**
   * Reads eight bytes of a block whose buffer is at hand, without a hold.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long atHandRead8(Choice choice) {
    return read8(buffers[choice.block()]);
  }

  private static long read8(Buffer buffer) {
    long stamp = buffer.readStamp();
    long value = NativeMemory.getLong(buffer.unheldAddress());
    if (stamp == 0 || !buffer.isValid(stamp)) {
      throw new IllegalStateException(buffer + " is not readable");
    }
    return value;
  }

  /**
   * Holds a block, copies a hundred bytes, releases it.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] holdRead100Release(Choice choice) {
    Buffer buffer = hold(choice.block());
    NativeMemory.copyToArray(buffer.address(), choice.slice, 0, SLICE_BYTES);
    buffer.release(this);
    return choice.slice;
  }

  /**
   * Finds a block and copies a hundred bytes without a hold.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] findRead100(Choice choice) {
    return read100(Objects.requireNonNull(cache.find(1, choice.block())), choice.slice);
  }

  /**
   * Copies a hundred bytes of a block whose buffer is at hand, without a hold.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] atHandRead100(Choice choice) {
    return read100(buffers[choice.block()], choice.slice);
  }

  private static byte[] read100(Buffer buffer, byte[] slice) {
    long stamp = buffer.readStamp();
    NativeMemory.copyToArray(buffer.unheldAddress(), slice, 0, SLICE_BYTES);
    if (stamp == 0 || !buffer.isValid(stamp)) {
      throw new IllegalStateException(buffer + " is not readable");
    }
    return slice;
  }

  /**
   * Eight bytes of an array in a Caffeine cache.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long caffeineRead8(Choice choice) {
    return read8(Objects.requireNonNull(caffeine.getIfPresent((long) choice.block())));
  }

  /**
   * A hundred bytes of an array in a Caffeine cache.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] caffeineRead100(Choice choice) {
    byte[] bytes = Objects.requireNonNull(caffeine.getIfPresent((long) choice.block()));
    System.arraycopy(bytes, 0, choice.slice, 0, SLICE_BYTES);
    return choice.slice;
  }

  /**
   * Eight bytes of an array in a map.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long mapRead8(Choice choice) {
    return read8(Objects.requireNonNull(map.get((long) choice.block())));
  }

  /**
   * A hundred bytes of an array in a map.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] mapRead100(Choice choice) {
    byte[] bytes = Objects.requireNonNull(map.get((long) choice.block()));
    System.arraycopy(bytes, 0, choice.slice, 0, SLICE_BYTES);
    return choice.slice;
  }

  /**
   * Eight bytes of an array in an array.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public long arrayRead8(Choice choice) {
    return read8(arrays[choice.block()]);
  }

  /**
   * A hundred bytes of an array in an array.
   *
   * @param choice the thread's
   * @return the bytes
   */
  @Benchmark
  public byte[] arrayRead100(Choice choice) {
    System.arraycopy(arrays[choice.block()], 0, choice.slice, 0, SLICE_BYTES);
    return choice.slice;
  }

  private static long read8(byte[] bytes) {
    return (long) LONGS.get(bytes, 0);
  }
}
