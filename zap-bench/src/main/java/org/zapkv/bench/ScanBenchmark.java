// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
import org.zapkv.store.EntryView;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * The ways over a map that is all in the cache, for each entry: keys of 16 bytes, both key and
 * value are looked at.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ScanBenchmark.ENTRIES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ScanBenchmark {
  /** How many entries the map has. */
  static final int ENTRIES = 200_000;

  private static final int KEY_BYTES = 16;
  private static final int BATCH = 10_000;

  /** How long the values are. */
  @Param({"8", "100", "1000"})
  public int valueBytes;

  private ZapStore store;
  private ZapMap map;

  /** Made by JMH. */
  public ScanBenchmark() {}

  /** Loads the map. */
  @Setup
  public void setup() {
    store = ZapStore.builder().cacheBytes(1L << 30).durability(Durability.NONE).inMemory();
    map = store.map("m");
    Random random = new Random(1);
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES; i++) {
      byte[] key = new byte[KEY_BYTES];
      random.nextBytes(key);
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      batch.put(map, key, value);
      if (batch.size() == BATCH) {
        batch.commit(Durability.NONE);
      }
    }
    batch.commit();
  }

  /** Closes the store. */
  @TearDown
  public void tearDown() {
    store.close();
  }

  /**
   * With an object for each entry.
   *
   * @return a sum
   */
  @Benchmark
  public long forEach() {
    long[] sum = {0};
    map.forEach(entry -> sum[0] += entry.key()[0] + entry.value()[0]);
    return sum[0];
  }

  /**
   * Through a view, both copied into arrays that stay.
   *
   * @return a sum
   */
  @Benchmark
  public long scan() {
    long[] sum = {0};
    byte[] bytes = new byte[KEY_BYTES + valueBytes];
    map.scan(view -> sum[0] += read(view, bytes));
    return sum[0];
  }

  /**
   * As {@link #scan}, on all processors.
   *
   * @return a sum
   */
  @Benchmark
  public long scanParallel() {
    LongAdder sum = new LongAdder();
    ThreadLocal<byte[]> bytes = ThreadLocal.withInitial(() -> new byte[KEY_BYTES + valueBytes]);
    map.scanParallel(view -> sum.add(read(view, bytes.get())));
    return sum.sum();
  }

  private static int read(EntryView view, byte[] bytes) {
    int keyBytes = view.copyKey(bytes, 0);
    view.copyValue(bytes, keyBytes);
    return bytes[0] + bytes[keyBytes];
  }
}
