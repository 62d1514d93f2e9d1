// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * The ways to a value that the cache holds: an array, the caller's array, the caller's buffer, a
 * reader. Each looks at the first and the last byte. {@code -prof gc} says what they allocate.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ValueReadBenchmark {
  private static final long MAP_BYTES = 16 << 20;
  private static final int MOST_ENTRIES = 10_000;
  private static final int STEP = 7919;

  /** How long the values are. */
  @Param({"8", "100", "1000", "100000"})
  public int valueBytes;

  private byte[][] keys;
  private byte[] array;
  private ByteBuffer keyBuffer;
  private ByteBuffer buffer;
  private ZapStore store;
  private ZapMap map;
  private int next;

  /** Made by JMH. */
  public ValueReadBenchmark() {}

  /** Fills a store in memory. */
  @Setup
  public void open() {
    array = new byte[valueBytes];
    buffer = ByteBuffer.allocateDirect(valueBytes);
    keys = new byte[(int) Math.min(MOST_ENTRIES, MAP_BYTES / valueBytes)][16];
    store = ZapStore.builder().cacheBytes(4 * MAP_BYTES).inMemory();
    map = store.map("map");
    SplittableRandom random = new SplittableRandom(1);
    for (byte[] key : keys) {
      random.nextBytes(key);
      map.put(key, array);
    }
    keyBuffer = ByteBuffer.wrap(keys[0]);
    store.sync();
  }

  /** Closes the store. */
  @TearDown
  public void close() {
    store.close();
  }

  private byte[] key() {
    next = (next + STEP) % keys.length;
    return keys[next];
  }

  private static int ends(ByteBuffer value) {
    return value.get(0) + value.get(value.limit() - 1);
  }

  /**
   * An array of its own.
   *
   * @return something of the value
   */
  @Benchmark
  public int array() {
    byte[] value = map.get(key());
    return value[0] + value[value.length - 1];
  }

  /**
   * The caller's array.
   *
   * @return something of the value
   */
  @Benchmark
  public int intoArray() {
    int length = map.get(key(), array, 0);
    return array[0] + array[length - 1];
  }

  /**
   * The caller's buffer, which is not on the heap.
   *
   * @return something of the value
   */
  @Benchmark
  public int intoBuffer() {
    keyBuffer.put(0, key());
    map.get(keyBuffer, buffer);
    return ends(buffer);
  }

  /**
   * A reader.
   *
   * @return something of the value
   */
  @Benchmark
  public @Nullable Integer reader() {
    return map.read(key(), ValueReadBenchmark::ends);
  }
}
