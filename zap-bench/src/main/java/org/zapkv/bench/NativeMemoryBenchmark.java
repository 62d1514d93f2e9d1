// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.util.SplittableRandom;
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
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.memory.XxHash64;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * Access to native memory, by what the JDK takes from the jar: {@code java.lang.foreign} from 22
 * on. {@link UnsafeMemoryBenchmark} is the same through {@code sun.misc.Unsafe} on any JDK.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class NativeMemoryBenchmark {
  private static final int BLOCKS = 1024;
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int STEPS = 8;
  private static final int COPIED = 100;
  private static final int ENTRIES = 10_000;

  private final long[] addresses = new long[BLOCKS];
  private final byte[] array = new byte[COPIED];
  private final byte[][] keys = new byte[ENTRIES][16];
  private BlockAllocator allocator;
  private ZapStore store;
  private ZapMap map;
  private int next;

  /** Made by JMH. */
  public NativeMemoryBenchmark() {}

  /** Fills 16 MiB of blocks, and a small store in memory. */
  @Setup
  public void open() {
    allocator = new BlockAllocator((long) BLOCKS * BLOCK_BYTES, InitPolicy.NONE);
    SplittableRandom random = new SplittableRandom(1);
    for (int block = 0; block < BLOCKS; block++) {
      addresses[block] = allocator.allocate(BLOCK_BYTES);
      for (int at = 0; at < BLOCK_BYTES; at += Long.BYTES) {
        NativeMemory.putLong(addresses[block] + at, random.nextLong());
      }
    }
    store = ZapStore.inMemory();
    map = store.map("map");
    for (byte[] key : keys) {
      random.nextBytes(key);
      map.put(key, array);
    }
    store.sync();
  }

  /** Returns the blocks. */
  @TearDown
  public void close() {
    store.close();
    for (long address : addresses) {
      allocator.free(address, BLOCK_BYTES);
    }
    allocator.close();
  }

  private int turn() {
    next++;
    return next;
  }

  /**
   * Eight times a byte and a word, each at a place that the one before says, as in a leaf.
   *
   * @return what was read last
   */
  @Benchmark
  public long chase() {
    long address = addresses[turn() & BLOCKS - 1];
    long at = 0;
    for (int step = 0; step < STEPS; step++) {
      at += NativeMemory.getUnsignedByte(address + at);
      at = NativeMemory.getLong(address + at) & BLOCK_BYTES / 2 - 1;
    }
    return at;
  }

  /** Eight words, one after the other. */
  @Benchmark
  public void write() {
    int turn = turn();
    long address = addresses[turn & BLOCKS - 1];
    for (int step = 0; step < STEPS; step++) {
      NativeMemory.putLong(address + (long) step * Long.BYTES, turn);
    }
  }

  /**
   * 100 bytes into an array.
   *
   * @return the array
   */
  @Benchmark
  public byte[] copy() {
    NativeMemory.copyToArray(addresses[turn() & BLOCKS - 1], array, 0, COPIED);
    return array;
  }

  /**
   * The checksum of a block of 16 KiB.
   *
   * @return the checksum
   */
  @Benchmark
  public long checksum() {
    return XxHash64.ofMemory(addresses[turn() & BLOCKS - 1], BLOCK_BYTES, 1);
  }

  /**
   * A value of 100 bytes of a map of 10,000, which the cache holds.
   *
   * @return the value
   */
  @Benchmark
  public byte[] get() {
    return map.get(keys[Math.floorMod(turn() * 7919, ENTRIES)]);
  }
}
