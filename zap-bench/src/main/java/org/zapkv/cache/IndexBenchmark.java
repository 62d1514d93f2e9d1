// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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

/**
 * Finding a cached block by its identity: the table of the cache beside a {@link ConcurrentHashMap}
 * with key objects, alone and as part of a hold and its release. Run with {@code -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IndexBenchmark {
  private static final int CHOICES = 1 << 14;

  /** How many blocks are cached. */
  @Param({"1000", "100000"})
  public int blocks;

  private final long[] chosen = new long[CHOICES];
  private final ConcurrentHashMap<BufferKey, Buffer> map = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Object, Object> other = new ConcurrentHashMap<>();
  private BufferCache cache;
  private BlockSource source;

  /** Where a thread is in its choice of blocks. */
  @State(Scope.Thread)
  public static class Position {
    private int next;

    /** Made by JMH. */
    public Position() {}
  }

  /** Made by JMH. */
  public IndexBenchmark() {}

  /** Fills a cache and the map. */
  @Setup(Level.Trial)
  public void setup() {
    source = (objectId, blockId, address, sizeBytes) -> {};
    cache = BufferCache.builder().budgetBytes(256L << 20).build();
    for (int block = 0; block < blocks; block++) {
      Buffer buffer = cache.hold(source, block % 10, block, 512, this);
      map.put(buffer.key(), buffer);
      buffer.release(this);
    }
    useOtherMaps();
    Random random = new Random(1);
    for (int i = 0; i < CHOICES; i++) {
      chosen[i] = random.nextInt(blocks);
    }
  }

  /** As in any program: what the JVM learns about a map's code comes from all maps and keys. */
  private void useOtherMaps() {
    for (int i = 0; i < 100_000; i++) {
      Object[] keys = {"key" + i % 1000, (long) (i % 1000), i % 1000 * 0.5};
      for (Object key : keys) {
        other.put(key, key);
        if (!key.equals(other.get(key))) {
          throw new IllegalStateException("lost: " + key);
        }
      }
    }
  }

  /** Closes the cache. */
  @TearDown(Level.Trial)
  public void tearDown() {
    cache.close();
  }

  private long next(Position position) {
    return chosen[position.next++ & (CHOICES - 1)];
  }

  /**
   * The table of the cache.
   *
   * @param position of the thread
   * @return the buffer
   */
  @Benchmark
  public Buffer table(Position position) {
    long block = next(position);
    return cache.index().get(block % 10, block);
  }

  /**
   * A map with key objects.
   *
   * @param position of the thread
   * @return the buffer
   */
  @Benchmark
  public Buffer map(Position position) {
    long block = next(position);
    return map.get(new BufferKey(block % 10, block));
  }

  /**
   * Holds a cached block and releases it.
   *
   * @param position of the thread
   * @return the buffer
   */
  @Benchmark
  public Buffer holdAndRelease(Position position) {
    long block = next(position);
    Buffer buffer = cache.hold(source, block % 10, block, 512, this);
    buffer.release(this);
    return buffer;
  }
}
