// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * The hash of a key. Each key is chosen by the hash of the one before, so this is latency, and
 * includes the choice, which {@link #choice} measures alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HashBenchmark {
  private static final int KEYS = 1024;
  private static final long POLYNOMIAL = 0xC96C5795D7870F42L;

  /** The length of the keys in bytes. */
  @Param({"8", "16", "32", "64", "128", "256"})
  public int keyBytes;

  private final byte[][] keys = new byte[KEYS][];
  private final long[] table = new long[256];
  private long last;

  /** Made by JMH. */
  public HashBenchmark() {}

  /** Makes the keys, and the table of the byte-by-byte form. */
  @Setup
  public void setup() {
    Random random = new Random(1);
    for (int i = 0; i < KEYS; i++) {
      keys[i] = new byte[keyBytes];
      random.nextBytes(keys[i]);
    }
    for (int i = 0; i < table.length; i++) {
      long c = i;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        c = (c >>> 1) ^ (-(c & 1) & POLYNOMIAL);
      }
      table[i] = c;
    }
  }

  private byte[] next() {
    return keys[(int) last & (KEYS - 1)];
  }

  /**
   * The choice of the key alone.
   *
   * @return something of the key
   */
  @Benchmark
  public long choice() {
    last = last * 31 + next()[0];
    return last;
  }

  /**
   * The engine's hash.
   *
   * @return the hash
   */
  @Benchmark
  public long engine() {
    byte[] key = next();
    last = ZapHash.crc64(0x24955, key, 0, key.length);
    return last;
  }

  /**
   * The same, a byte at a step, as the format's description has it.
   *
   * @return the hash
   */
  @Benchmark
  public long byteByByte() {
    long hash = 0x24955;
    for (byte b : next()) {
      hash = (hash >>> Byte.SIZE) ^ table[(int) (hash ^ b) & 0xFF];
    }
    last = hash;
    return last;
  }
}
