// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

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
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;

/**
 * What each initialisation policy costs: a block taken and returned, and a miss, which evicts
 * another block and reads from memory. With a disk under it the share of the policy is less.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class InitPolicyBenchmark {
  private static final int BLOCKS = 1024;

  /** What is done to memory. */
  @Param public InitPolicy policy;

  /** How large the blocks are. */
  @Param({"16384", "131072"})
  public int sizeBytes;

  private BlockAllocator allocator;
  private BufferCache cache;
  private MemoryDevice device;
  private long next;

  /** Made by JMH. */
  public InitPolicyBenchmark() {}

  /** Makes a cache that holds a small part of the blocks. */
  @Setup
  public void open() {
    allocator = new BlockAllocator(16L << 20, policy);
    cache = BufferCache.builder().budgetBytes(16L << 20).initPolicy(policy).build();
    device = new MemoryDevice();
    long address = allocator.allocate(sizeBytes);
    for (int block = 0; block < sizeBytes / Long.BYTES; block++) {
      NativeMemory.putLong(address + 8L * block, block);
    }
    for (int block = 0; block < BLOCKS; block++) {
      device.write((long) block * sizeBytes, address, sizeBytes);
    }
    allocator.free(address, sizeBytes);
  }

  /** Returns the memory. */
  @TearDown
  public void close() {
    cache.close();
    allocator.close();
    device.close();
  }

  /** Takes a block and returns it. */
  @Benchmark
  public void allocateAndFree() {
    allocator.free(allocator.allocate(sizeBytes), sizeBytes);
  }

  /**
   * Reads a block that is not cached, and so evicts one that is.
   *
   * @return the buffer, released
   */
  @Benchmark
  public Buffer missAndEvict() {
    // Each block of the device under ever new numbers: no two misses are of one identity.
    Buffer buffer = cache.hold(this::read, 1, next++, sizeBytes, this);
    buffer.release(this);
    return buffer;
  }

  private void read(long objectId, long blockId, long address, int length) {
    device.read(blockId % BLOCKS * length, address, length);
  }
}
