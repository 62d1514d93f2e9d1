// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
 * A map of a store on disk, all of it in the cache: keys of 16 bytes, values of 100, uniformly
 * random. The store is in the system's folder for temporary files.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MapBenchmark {
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
  public MapBenchmark() {}

  /** The keys of a thread, in an order of its own. */
  @State(Scope.Thread)
  public static class Keys {
    private final Random random = new Random();
    private final byte[] value = new byte[VALUE_BYTES];

    /** Made by JMH. */
    public Keys() {}

    byte[] present(int entries) {
      return key(random.nextInt(entries));
    }

    byte[] absent(int entries) {
      return key(entries + random.nextInt(entries));
    }
  }

  private static byte[] key(int number) {
    byte[] key = new byte[KEY_BYTES];
    new Random(number).nextBytes(key);
    return key;
  }

  /**
   * Loads the map.
   *
   * @throws IOException if there is no place for it
   */
  @Setup
  public void setup() throws IOException {
    directory = Files.createTempDirectory("zap-bench");
    store =
        ZapStore.builder()
            .cacheBytes(1L << 30)
            .durability(Durability.NONE)
            .open(directory.resolve("store"));
    map = store.map("m");
    Batch batch = store.batch();
    Random random = new Random(1);
    for (int i = 0; i < entries; i++) {
      byte[] value = new byte[VALUE_BYTES];
      random.nextBytes(value);
      batch.put(map, key(i), value);
      if (batch.size() == BATCH) {
        batch.commit(Durability.NONE);
      }
    }
    batch.commit();
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
   * The choice of a key alone, which the others include.
   *
   * @param keys the thread's keys
   * @return the key
   */
  @Benchmark
  public byte[] choice(Keys keys) {
    return keys.present(entries);
  }

  /**
   * Gets the value of a key that is there.
   *
   * @param keys the thread's keys
   * @return the value
   */
  @Benchmark
  public byte @Nullable [] getHit(Keys keys) {
    return map.get(keys.present(entries));
  }

  /**
   * Looks for a key that is not there.
   *
   * @param keys the thread's keys
   * @return null
   */
  @Benchmark
  public byte @Nullable [] getMiss(Keys keys) {
    return map.get(keys.absent(entries));
  }

  /**
   * Replaces a value by one of the same length; the groups are written meanwhile.
   *
   * @param keys the thread's keys
   */
  @Benchmark
  public void update(Keys keys) {
    map.put(keys.present(entries), keys.value);
  }
}
