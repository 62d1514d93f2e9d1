// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.io.IoQueue;
import org.zapkv.cache.memory.NativeMemory;

/** Writing 64 MiB and making them durable, in writes of some size, so many in flight. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(1)
public class WriteBackBenchmark {
  private static final long TOTAL_BYTES = 64L << 20;
  private static final int MEMORY_BYTES = 1 << 20;

  /** The size of a write: one block, or neighbours together. */
  @Param({"16384", "131072", "262144"})
  public int writeBytes;

  /** How many writes are in flight. */
  @Param({"1", "4"})
  public int inFlight;

  private Path path;
  private BufferCache cache;
  private IoMemory memory;
  private FileDevice device;
  private IoQueue queue;

  /** Made by JMH. */
  public WriteBackBenchmark() {}

  /**
   * Makes the file.
   *
   * @throws IOException if there is no place for it
   */
  @Setup
  public void setup() throws IOException {
    path = Files.createTempFile("zap-bench", null);
    cache = BufferCache.builder().build();
    memory = cache.allocateIo(MEMORY_BYTES);
    NativeMemory.fill(memory.address(), MEMORY_BYTES, (byte) 1);
    device = FileDevice.open(path);
    queue = new IoQueue(device, inFlight);
  }

  /**
   * Removes it.
   *
   * @throws IOException if that fails
   */
  @TearDown
  public void tearDown() throws IOException {
    queue.close();
    memory.close();
    cache.close();
    device.close();
    Files.delete(path);
  }

  /** Writes and flushes. */
  @Benchmark
  public void write() {
    for (long at = 0; at < TOTAL_BYTES; at += writeBytes) {
      queue.write(at, memory, (int) (at % MEMORY_BYTES), writeBytes);
    }
    queue.drain();
    device.flush();
  }
}
