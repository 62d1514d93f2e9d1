// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
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
 * Commits of each durability to a store on disk, all of it in the cache: updates of random entries
 * with keys of 16 bytes and values of 100. Batches are counted by their changes. With several
 * threads ({@code -t}) all commit to the same map. The store is in the system's folder for
 * temporary files.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class CommitBenchmark {
  private static final int KEY_BYTES = 16;
  private static final int VALUE_BYTES = 100;
  private static final int SMALL = 10;
  private static final int MEDIUM = 100;
  private static final int LARGE = 10_000;

  /** How many entries the map has. */
  @Param({"100000"})
  public int entries;

  /** What holds of a commit when the call returns. */
  @Param({"NONE", "ASYNC", "SYNC"})
  public String durability;

  private Path directory;
  private ZapStore store;
  private ZapMap map;
  private byte[][] keys;
  private Durability promise;

  /** Made by JMH. */
  public CommitBenchmark() {}

  /** What a thread commits. */
  @State(Scope.Thread)
  public static class Writer {
    private final SplittableRandom random = new SplittableRandom();
    private final byte[] value = new byte[VALUE_BYTES];
    private Batch batch;

    /** Made by JMH. */
    public Writer() {}

    /**
     * Makes the batch that is filled again and again.
     *
     * @param benchmark has the store
     */
    @Setup
    public void setup(CommitBenchmark benchmark) {
      batch = benchmark.store.batch();
    }

    private void commit(CommitBenchmark benchmark, int size) {
      while (batch.size() < size) {
        batch.put(benchmark.map, benchmark.key(this), value);
      }
      batch.commit(benchmark.promise);
    }
  }

  private byte[] key(Writer writer) {
    return keys[writer.random.nextInt(entries)];
  }

  /**
   * Loads the map.
   *
   * @throws IOException if there is no place for it
   */
  @Setup
  public void setup() throws IOException {
    promise =
        switch (durability) {
          case "NONE" -> Durability.NONE;
          case "ASYNC" -> Durability.ASYNC;
          case "SYNC" -> Durability.SYNC;
          default -> throw new IllegalArgumentException("durability=" + durability);
        };
    directory = Files.createTempDirectory("zap-bench");
    store = ZapStore.builder().cacheBytes(1L << 30).open(directory.resolve("store"));
    map = store.map("m").withDurability(promise);
    SplittableRandom random = new SplittableRandom(1);
    keys = new byte[entries][KEY_BYTES];
    Batch batch = store.batch();
    for (byte[] key : keys) {
      random.nextBytes(key);
      batch.put(map, key, new byte[VALUE_BYTES]);
    }
    batch.commit();
    store.sync();
  }

  /**
   * Removes the store.
   *
   * @throws IOException if that fails
   */
  @TearDown
  public void tearDown() throws IOException {
    store.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /**
   * One put.
   *
   * @param writer the thread's
   */
  @Benchmark
  public void put(Writer writer) {
    map.put(key(writer), writer.value);
  }

  /**
   * A small batch.
   *
   * @param writer the thread's
   */
  @Benchmark
  @OperationsPerInvocation(SMALL)
  public void batch10(Writer writer) {
    writer.commit(this, SMALL);
  }

  /**
   * A batch that is one record in the log.
   *
   * @param writer the thread's
   */
  @Benchmark
  @OperationsPerInvocation(MEDIUM)
  public void batch100(Writer writer) {
    writer.commit(this, MEDIUM);
  }

  /**
   * A batch that is made in parts.
   *
   * @param writer the thread's
   */
  @Benchmark
  @OperationsPerInvocation(LARGE)
  public void batch10000(Writer writer) {
    writer.commit(this, LARGE);
  }
}
