// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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
import org.zapkv.bench.performance.Distribution;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Entries;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.MapCursor;
import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * A map of a store on disk: keys of 16 bytes, values of some length. The cache has room for a
 * million entries of 8 or 100 bytes, or 200,000 of 1000. The store is in the system's folder for
 * temporary files. {@code -t} has more threads; how other stores do is in the report.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MapBenchmark {
  private static final int BATCH = 10_000;

  /** How many entries a scan is over before its time is counted for one. */
  private static final int SCANNED = 1000;

  /** How many entries the map has. */
  @Param({"1000000"})
  public int entries;

  /** How long the values are. */
  @Param({"8", "100", "1000"})
  public int valueBytes;

  /** Which entries are used. */
  @Param({"UNIFORM", "ZIPF"})
  public Distribution keys;

  /** The cache. */
  @Param({"1024"})
  public long cacheMib;

  private final AtomicLong threads = new AtomicLong();
  private Path directory;
  private ZapStore store;
  private ZapMap map;

  /** Made by JMH. */
  public MapBenchmark() {}

  /** The keys of a thread, in an order of its own. */
  @State(Scope.Thread)
  public static class Keys {
    private static final long ABSENT = 1L << 40;

    private final byte[] key = new byte[Entries.KEY_BYTES];
    private byte[] value;
    private int[] numbers;
    private int at;
    private long version;

    /** The next number of an entry of this thread that no other thread has. */
    private long fresh;

    /** Made by JMH. */
    public Keys() {}

    /**
     * Chooses.
     *
     * @param benchmark what is measured
     */
    @Setup
    public void setup(MapBenchmark benchmark) {
      long thread = benchmark.threads.incrementAndGet();
      numbers = benchmark.keys.choices(benchmark.entries, thread);
      value = new byte[benchmark.valueBytes];
      fresh = ABSENT * (thread + 1);
    }

    private int number() {
      return numbers[at++ & (numbers.length - 1)];
    }

    byte[] present() {
      Entries.key(number(), key);
      return key;
    }

    byte[] absent() {
      Entries.key(ABSENT + number(), key);
      return key;
    }

    byte[] fresh() {
      Entries.key(fresh++, key);
      return key;
    }

    byte[] last() {
      Entries.key(fresh - 1, key);
      return key;
    }

    byte[] changed() {
      value[(int) (version++ % value.length)]++;
      return value;
    }
  }

  /** A cursor of a thread. */
  @State(Scope.Thread)
  public static class Scan {
    private @Nullable MapCursor cursor;

    /** Made by JMH. */
    public Scan() {}

    ZapEntry next(ZapMap map) {
      while (true) {
        if (cursor == null) {
          cursor = map.cursor();
        }
        if (cursor.next()) {
          return cursor.entry();
        }
        cursor.close();
        cursor = null;
      }
    }

    /** Closes it: the store is about to be closed. */
    @TearDown
    public void close() {
      if (cursor != null) {
        cursor.close();
      }
    }
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
            .cacheBytes(cacheMib << 20)
            .durability(Durability.NONE)
            .open(directory.resolve("store"));
    map = store.map("m");
    Batch batch = store.batch();
    for (int i = 0; i < entries; i++) {
      batch.put(map, Entries.key(i), Entries.value(i, 0, valueBytes));
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
    Directories.remove(directory);
  }

  /**
   * The choice of a key alone, which the others include.
   *
   * @param chosen the thread's keys
   * @return the key
   */
  @Benchmark
  public byte[] choice(Keys chosen) {
    return chosen.present();
  }

  /**
   * Gets the value of a key that is there.
   *
   * @param chosen the thread's keys
   * @return the value
   */
  @Benchmark
  public byte @Nullable [] getHit(Keys chosen) {
    return map.get(chosen.present());
  }

  /**
   * Looks for a key that is not there.
   *
   * @param chosen the thread's keys
   * @return null
   */
  @Benchmark
  public byte @Nullable [] getMiss(Keys chosen) {
    return map.get(chosen.absent());
  }

  /**
   * Replaces a value by one of the same length; the groups are written meanwhile.
   *
   * @param chosen the thread's keys
   */
  @Benchmark
  public void update(Keys chosen) {
    map.put(chosen.present(), chosen.changed());
  }

  /**
   * Inserts an entry and removes it again, so the map stays as it is.
   *
   * @param chosen the thread's keys
   * @return whether it was there
   */
  @Benchmark
  public boolean insertAndRemove(Keys chosen) {
    map.put(chosen.fresh(), chosen.changed());
    return map.remove(chosen.last());
  }

  /**
   * Goes over entries with a cursor, from the end to the beginning again; the time is that of one.
   *
   * @param scan the thread's cursor
   * @return something of their values
   */
  @Benchmark
  @OperationsPerInvocation(SCANNED)
  public long scan(Scan scan) {
    long sum = 0;
    for (int i = 0; i < SCANNED; i++) {
      sum += scan.next(map).value().length;
    }
    return sum;
  }
}
