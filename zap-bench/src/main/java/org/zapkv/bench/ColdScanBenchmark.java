// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * Reading a whole map of a store that was just opened, nothing of it in memory: keys of 16 bytes,
 * values of 100. As root on Linux the page cache is dropped before each scan; otherwise the system
 * has the file in memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(1)
public class ColdScanBenchmark {
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");
  private static final int KEY_BYTES = 16;
  private static final int VALUE_BYTES = 100;
  private static final int BATCH = 100_000;

  /** How many entries the map has. */
  @Param({"1000000"})
  public int entries;

  private Path directory;
  private ZapStore store;
  private ZapMap map;

  /** Made by JMH. */
  public ColdScanBenchmark() {}

  /**
   * Makes the store.
   *
   * @throws IOException if there is no place for it
   */
  @Setup
  public void load() throws IOException {
    directory = Files.createTempDirectory("zap-bench");
    Random random = new Random(1);
    try (ZapStore loading = ZapStore.open(directory.resolve("store"))) {
      ZapMap target = loading.map("m");
      Batch batch = loading.batch();
      for (int i = 0; i < entries; i++) {
        byte[] key = new byte[KEY_BYTES];
        byte[] value = new byte[VALUE_BYTES];
        random.nextBytes(key);
        random.nextBytes(value);
        batch.put(target, key, value);
        if (batch.size() == BATCH) {
          batch.commit(Durability.NONE);
        }
      }
      batch.commit();
    }
  }

  /**
   * Opens it, with nothing in memory.
   *
   * @throws IOException if the page cache could be dropped and is not
   */
  @Setup(Level.Iteration)
  public void open() throws IOException {
    if (Files.isWritable(DROP_CACHES)) {
      Files.writeString(DROP_CACHES, "3\n");
    }
    store = ZapStore.open(directory.resolve("store"));
    map = store.map("m");
  }

  /** Closes it. */
  @TearDown(Level.Iteration)
  public void close() {
    store.close();
  }

  /**
   * Removes the store.
   *
   * @throws IOException if that fails
   */
  @TearDown
  public void remove() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /**
   * Visits every entry.
   *
   * @return how many bytes the keys have
   */
  @Benchmark
  public long scan() {
    long[] bytes = new long[1];
    map.forEach(entry -> bytes[0] += entry.key().length);
    return bytes[0];
  }
}
