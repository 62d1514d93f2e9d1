// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.charset.StandardCharsets;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.zap.Normalization.Form;
import org.zapkv.zap.Normalization.LetterCase;

/**
 * What normalisation costs, in one leaf of 16 KiB about half full: {@link #plain} is a map without
 * it, which must not pay for it: {@link #baseline} is the same without the rules of names; {@link
 * #exact} and {@link #normalized} are one with NFC and upper case. A name is made and looked up, as
 * a map does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class NormalizationBenchmark {
  private static final int BLOCK_SHIFT = 14;
  private static final int ENTRIES = 64;
  private static final long SALT = 0x24955;

  /** Whether the keys are ASCII, lower case, or have letters that are composed. */
  @Param({"ascii", "composed"})
  public String keys;

  private BufferCache cache;
  private Buffer plainBuffer;
  private Buffer normalizedBuffer;
  private Leaf plainLeaf;
  private Leaf normalizedLeaf;
  private ZapNames plainNames;
  private ZapNames normalizedNames;
  private byte[][] present;
  private int next;

  /** Made by JMH. */
  public NormalizationBenchmark() {}

  /** Fills the leaves. */
  @Setup
  public void setup() {
    cache = BufferCache.builder().budgetBytes(16 << 20).build();
    plainBuffer = hold(1);
    normalizedBuffer = hold(2);
    plainNames = ZapNames.of(SALT, 0, 0);
    int normflags = new Normalization(LetterCase.UPPER, Form.NFC).normflags();
    normalizedNames = ZapNames.of(SALT, 0, normflags);
    plainLeaf = leaf(plainBuffer);
    plainLeaf.initialise(0, 0, 0);
    normalizedLeaf = leaf(normalizedBuffer);
    normalizedLeaf.initialise(0, 0, LeafLayout.FLAG_CD_SORTED);
    Random random = new Random(7);
    present = new byte[ENTRIES][];
    for (int i = 0; i < ENTRIES; i++) {
      String letters = keys.equals("ascii") ? "ae" : "\u00E5e\u0301";
      present[i] =
          (letters + (1L << 40 | random.nextLong() >>> 24)).getBytes(StandardCharsets.UTF_8);
      plainLeaf.insert(plainNames.exact(present[i]), ZapValue.ofLong(i), 0, 0);
      normalizedLeaf.insert(normalizedNames.exact(present[i]), ZapValue.ofLong(i), 0, 0);
    }
  }

  private Buffer hold(long blockId) {
    return cache.hold(
        (object, block, address, size) -> NativeMemory.fill(address, size, (byte) 0),
        1,
        blockId,
        1 << BLOCK_SHIFT,
        this);
  }

  private static Leaf leaf(Buffer buffer) {
    Leaf leaf = new Leaf(buffer, LeafLayout.of(BLOCK_SHIFT), ZapName.MICRO_HASH_BITS, false);
    leaf.block().beginChange();
    return leaf;
  }

  /** Returns the memory. */
  @TearDown
  public void tearDown() {
    plainBuffer.release(this);
    normalizedBuffer.release(this);
    cache.close();
  }

  private byte[] key() {
    next = (next + 7) & (ENTRIES - 1);
    return present[next];
  }

  /**
   * Finds a key in a map that does not normalise, with no more than that takes.
   *
   * @return the value
   */
  @Benchmark
  public ZapValue baseline() {
    return plainLeaf.value(plainLeaf.find(ZapName.of(key(), SALT, 0, 1023)));
  }

  /**
   * Finds a key in a map that does not normalise.
   *
   * @return the value
   */
  @Benchmark
  public ZapValue plain() {
    return plainLeaf.value(plainLeaf.find(plainNames.exact(key())));
  }

  /**
   * Finds a key, byte for byte, in a map that normalises.
   *
   * @return the value
   */
  @Benchmark
  public ZapValue exact() {
    return normalizedLeaf.value(normalizedLeaf.find(normalizedNames.exact(key())));
  }

  /**
   * Finds a variant of a key in a map that normalises.
   *
   * @return the value
   */
  @Benchmark
  public ZapValue normalized() {
    ZapName name = normalizedNames.matching(key(), MatchType.NORMALIZED);
    return normalizedLeaf.value(normalizedLeaf.match(name));
  }
}
