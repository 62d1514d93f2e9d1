// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
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
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * What it costs when somebody has chosen all keys so that they have one 64-bit hash, beside keys
 * that nobody has chosen. A store in memory; keys of 16 bytes, values of 8.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FloodBenchmark {
  private static final long POLYNOMIAL = 0xC96C5795D7870F42L;
  private static final int BATCH = 100_000;

  /** How many entries the map has. */
  @Param({"1000000"})
  public int entries;

  /** Whether all keys have one hash. */
  @Param({"false", "true"})
  public boolean flooded;

  private final Random random = new Random(7);
  private ZapStore store;
  private ZapMap map;

  /** Made by JMH. */
  public FloodBenchmark() {}

  /** Loads the map. */
  @Setup
  public void setup() {
    store = ZapStore.builder().cacheBytes(1L << 30).inMemory();
    map = store.map("m");
    Batch batch = store.batch();
    for (int i = 0; i < entries; i++) {
      batch.put(map, key(i), new byte[8]);
      if (batch.size() == BATCH) {
        batch.commit(Durability.NONE);
      }
    }
    batch.commit();
  }

  /** Lets the store go. */
  @TearDown
  public void tearDown() {
    store.close();
  }

  private byte[] key(int number) {
    ByteBuffer key = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    key.putLong(number * 0x9E3779B97F4A7C15L);
    // Any eight bytes, or those that lead to one and the same hash, whatever the salt.
    return key.putLong(flooded ? ZapHash.crc64(1, key.array(), 0, 8) ^ unhash(7) : number).array();
  }

  private static long unhash(long hash) {
    long state = hash;
    for (int bit = 0; bit < 64; bit++) {
      state = state < 0 ? (state ^ POLYNOMIAL) << 1 | 1 : state << 1;
    }
    return state;
  }

  /**
   * Gets the value of a key that is there.
   *
   * @return the value
   */
  @Benchmark
  public byte @Nullable [] getHit() {
    return map.get(key(random.nextInt(entries)));
  }

  /**
   * Looks for a key that is not there.
   *
   * @return null
   */
  @Benchmark
  public byte @Nullable [] getMiss() {
    return map.get(key(entries + random.nextInt(entries)));
  }

  /** Replaces a value. */
  @Benchmark
  public void update() {
    map.put(key(random.nextInt(entries)), new byte[8]);
  }

  /** Adds an entry and removes it. */
  @Benchmark
  public void insertAndRemove() {
    byte[] key = key(entries + random.nextInt(entries));
    map.put(key, new byte[8]);
    map.remove(key);
  }
}
