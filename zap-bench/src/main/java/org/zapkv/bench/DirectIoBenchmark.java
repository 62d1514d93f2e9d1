// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.device.IoMode;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;

/**
 * Transfers of a file through the page cache and past it. The file fits into the page cache, so
 * buffered reads are copies of memory. One operation is one transfer at a random place; writes are
 * flushed each 64 MiB, so that they pay for reaching the disk.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
public class DirectIoBenchmark {
  private static final long FILE_BYTES = 256L << 20;
  private static final long FLUSH_BYTES = 64L << 20;

  /** Through the page cache or past it. */
  @Param public IoMode mode;

  /** How much is moved at once. */
  @Param({"16384", "131072", "1048576"})
  public int sizeBytes;

  /** Where in a page each transfer begins: 512 is what a store does, and needs a copy. */
  @Param({"0", "512"})
  public int shiftBytes;

  private final SplittableRandom random = new SplittableRandom(1);
  private BlockAllocator allocator;
  private Path file;
  private FileDevice device;
  private long address;
  private long unflushedBytes;

  /** Made by JMH. */
  public DirectIoBenchmark() {}

  /**
   * Makes the file, in the directory of {@code -Dzap.bench.dir} or of temporary files.
   *
   * @throws IOException if that fails
   */
  @Setup
  public void open() throws IOException {
    String directory = System.getProperty("zap.bench.dir", System.getProperty("java.io.tmpdir"));
    file = Files.createTempFile(Path.of(directory), "zap-bench", ".blocks");
    device = FileDevice.open(file, mode);
    allocator = new BlockAllocator(1 << 20, InitPolicy.INIT_ON_ALLOC);
    address = allocator.allocate(1 << 20);
    for (long at = 0; at < FILE_BYTES; at += 1 << 20) {
      device.write(at, address, 1 << 20);
    }
    device.flush();
    if (mode == IoMode.DIRECT && device.alignmentBytes() == 1) {
      throw new IOException("no direct I/O in " + directory + "; give another -Dzap.bench.dir");
    }
  }

  /**
   * Removes the file.
   *
   * @throws IOException if that fails
   */
  @TearDown
  public void close() throws IOException {
    device.close();
    allocator.free(address, 1 << 20);
    allocator.close();
    Files.delete(file);
  }

  private long place() {
    long places = FILE_BYTES / sizeBytes - 1;
    return random.nextLong(places) * sizeBytes + shiftBytes;
  }

  /** Reads at a random place. */
  @Benchmark
  public void read() {
    device.read(place(), address, sizeBytes);
  }

  /** Writes at a random place. */
  @Benchmark
  public void write() {
    device.write(place(), address, sizeBytes);
    unflushedBytes += sizeBytes;
    if (unflushedBytes >= FLUSH_BYTES) {
      unflushedBytes = 0;
      device.flush();
    }
  }
}
