// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.time.Duration;
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
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectSetOptions;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;

/**
 * Changes of one large map, all of it in the cache, in objects on a device of memory: what a map
 * costs without the store's commits and log. Keys of 16 bytes, uniformly random.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ZapBenchmark {
  private static final int KEY_BYTES = 16;
  private static final int VALUE_BYTES = 100;
  private static final int LOAD = 1000;
  private static final long CACHE_BYTES = 1L << 30;
  private static final long TRANSACTION_BYTES = 1 << 20;

  /** How many entries the map has. */
  @Param({"1000000"})
  public int entries;

  private MemoryDevice device;
  private ObjectSet objects;
  private Zap zap;

  /** Made by JMH. */
  public ZapBenchmark() {}

  /** The keys and the value of a thread. */
  @State(Scope.Thread)
  public static class Keys {
    private final Random random = new Random();
    private final ZapValue value = ZapValue.ofBytes(new byte[VALUE_BYTES]);

    /** Made by JMH. */
    public Keys() {}
  }

  private static byte[] key(int number) {
    byte[] key = new byte[KEY_BYTES];
    new Random(number).nextBytes(key);
    return key;
  }

  /** Loads the map. */
  @Setup
  public void setup() {
    device = new MemoryDevice();
    objects =
        ObjectSet.create(
            device,
            ObjectSetOptions.defaults()
                .withCacheBytes(CACHE_BYTES)
                .withSyncInterval(Duration.ofMinutes(1)));
    try (Transaction tx = objects.begin(TRANSACTION_BYTES)) {
      DataObject object = objects.create(ObjectType.MAP, MicroLayout.STEP_BYTES, tx);
      zap = Zap.create(object, ZapParameters.DEFAULT, tx);
    }
    ZapValue value = ZapValue.ofBytes(new byte[VALUE_BYTES]);
    for (int i = 0; i < entries; ) {
      try (Transaction tx = objects.begin(TRANSACTION_BYTES)) {
        for (int end = Math.min(entries, i + LOAD); i < end; i++) {
          zap.put(key(i), value, tx);
        }
      }
    }
    objects.sync();
  }

  /** Lets everything go. */
  @TearDown
  public void tearDown() {
    zap.close();
    objects.close();
    device.close();
  }

  /**
   * The choice of a key and a transaction in which nothing is changed, which the others include.
   *
   * @param keys the thread's keys
   * @return the key
   */
  @Benchmark
  public byte[] nothing(Keys keys) {
    try (Transaction tx = objects.begin(TRANSACTION_BYTES)) {
      return key(keys.random.nextInt(entries));
    }
  }

  /**
   * Looks a value up.
   *
   * @param keys the thread's keys
   * @return the value
   */
  @Benchmark
  public @Nullable ZapValue get(Keys keys) {
    return zap.get(key(keys.random.nextInt(entries)));
  }

  /**
   * Replaces a value by one of the same length.
   *
   * @param keys the thread's keys
   * @return the value before
   */
  @Benchmark
  public @Nullable ZapValue update(Keys keys) {
    try (Transaction tx = objects.begin(TRANSACTION_BYTES)) {
      return zap.put(key(keys.random.nextInt(entries)), keys.value, tx);
    }
  }

  /**
   * Removes an entry and inserts it again.
   *
   * @param keys the thread's keys
   * @return the value before
   */
  @Benchmark
  public @Nullable ZapValue removeAndInsert(Keys keys) {
    byte[] key = key(keys.random.nextInt(entries));
    try (Transaction tx = objects.begin(TRANSACTION_BYTES)) {
      ZapValue value = zap.remove(key, tx);
      zap.put(key, keys.value, tx);
      return value;
    }
  }
}
