// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/**
 * One leaf of 16 KiB, about half full, with keys of 16 bytes: what a leaf costs without the layers
 * around it (no lock, no hold, no pointer table, no transaction). {@link #split} is the cost of one
 * whole split of a full leaf, {@link #merge} that of one whole merge of two.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LeafBenchmark {
  private static final int BLOCK_SHIFT = 14;
  private static final int KEY_BYTES = 16;
  private static final long SALT = 0x24955;

  /** The length of the values in bytes. */
  @Param({"8", "100", "1000"})
  public int valueBytes;

  private BufferCache cache;
  private Buffer lowerBuffer;
  private Buffer upperBuffer;
  private Leaf leaf;
  private ZapName[] present;
  private ZapName[] absent;
  private ZapValue[] values;
  private int next;

  /** Made by JMH. */
  public LeafBenchmark() {}

  /** Fills the leaf to a half. */
  @Setup
  public void setup() {
    cache = BufferCache.builder().budgetBytes(16 << 20).build();
    lowerBuffer = hold(1);
    upperBuffer = hold(2);
    leaf = leaf(lowerBuffer);
    leaf.initialise(0, 0, 0);
    Random random = new Random(7);
    int chunks = LeafLayout.entryChunks(KEY_BYTES + 1, valueBytes);
    int entries = Integer.highestOneBit(leaf.chunkCount() / chunks / 2);
    present = new ZapName[entries];
    absent = new ZapName[entries];
    values = new ZapValue[entries];
    for (int i = 0; i < entries; i++) {
      present[i] = name(random);
      absent[i] = name(random);
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      values[i] = new ZapValue(1, value);
      leaf.insert(present[i], values[i], 0, 0);
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
    leaf.setNames(ZapNames.of(SALT, 0, 0));
    leaf.block().beginChange();
    return leaf;
  }

  private static Leaf instead(@Nullable Leaf before, Buffer buffer) {
    if (before != null) {
      before.block().endChange();
    }
    return leaf(buffer);
  }

  private static ZapName name(Random random) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    return ZapName.of(key, SALT, 0, 1023);
  }

  /** Returns the memory. */
  @TearDown
  public void tearDown() {
    lowerBuffer.release(this);
    upperBuffer.release(this);
    cache.close();
  }

  private int step() {
    next = (next + 7) & (present.length - 1);
    return next;
  }

  /**
   * Finds a key and copies its value out.
   *
   * @return the value
   */
  @Benchmark
  public ZapValue lookupHit() {
    return leaf.value(leaf.find(present[step()]));
  }

  /**
   * Does not find a key.
   *
   * @return no entry
   */
  @Benchmark
  public int lookupMiss() {
    return leaf.find(absent[step()]);
  }

  /**
   * Replaces a value by one of the same length.
   *
   * @return the entry
   */
  @Benchmark
  public int update() {
    int at = step();
    int entry = leaf.find(present[at]);
    leaf.update(entry, values[next], 0);
    return entry;
  }

  /**
   * Inserts an entry and removes it again.
   *
   * @return the entry
   */
  @Benchmark
  public int insertAndRemove() {
    int at = step();
    leaf.insert(absent[at], values[at], 0, 0);
    int entry = leaf.find(absent[at]);
    leaf.remove(entry);
    return entry;
  }

  /** A full leaf, made anew for each split. */
  @State(Scope.Thread)
  public static class FullLeaf {
    private Leaf lower;
    private Leaf upper;

    /** Made by JMH. */
    public FullLeaf() {}

    /**
     * Fills the leaf.
     *
     * @param parts the buffers and values
     */
    @Setup(Level.Invocation)
    public void fill(LeafBenchmark parts) {
      lower = instead(lower, parts.lowerBuffer);
      upper = instead(upper, parts.upperBuffer);
      NativeMemory.fill(parts.lowerBuffer.address(), 1 << BLOCK_SHIFT, (byte) 0);
      NativeMemory.fill(parts.upperBuffer.address(), 1 << BLOCK_SHIFT, (byte) 0);
      lower.initialise(0, 0, 0);
      Random random = new Random(11);
      int chunks = LeafLayout.entryChunks(KEY_BYTES + 1, parts.valueBytes);
      while (lower.freeChunks() >= chunks) {
        lower.insert(name(random), parts.values[0], 0, 0);
      }
    }
  }

  /**
   * Splits a full leaf in two.
   *
   * @param full the leaf
   * @return how many entries have moved
   */
  @Benchmark
  @OperationsPerInvocation(1)
  public int split(FullLeaf full) {
    LeafSplit.split(full.lower, full.upper);
    return full.upper.entryCount();
  }

  /** Two siblings, each filled to a quarter, made anew for each merge. */
  @State(Scope.Thread)
  public static class Siblings {
    private Leaf lower;
    private Leaf upper;

    /** Made by JMH. */
    public Siblings() {}

    /**
     * Fills the leaves.
     *
     * @param parts the buffers and values
     */
    @Setup(Level.Invocation)
    public void fill(LeafBenchmark parts) {
      lower = instead(lower, parts.lowerBuffer);
      upper = instead(upper, parts.upperBuffer);
      NativeMemory.fill(parts.lowerBuffer.address(), 1 << BLOCK_SHIFT, (byte) 0);
      NativeMemory.fill(parts.upperBuffer.address(), 1 << BLOCK_SHIFT, (byte) 0);
      lower.initialise(0, 1, 0);
      upper.initialise(1, 1, 0);
      Random random = new Random(11);
      int chunks = LeafLayout.entryChunks(KEY_BYTES + 1, parts.valueBytes);
      int mostUsed = lower.chunkCount() / 4;
      while (lower.usedChunks() + chunks <= mostUsed || upper.usedChunks() + chunks <= mostUsed) {
        ZapName name = name(random);
        Leaf leaf = name.hash() < 0 ? upper : lower;
        if (leaf.usedChunks() + chunks <= mostUsed) {
          leaf.insert(name, parts.values[0], 0, 0);
        }
      }
    }
  }

  /**
   * Merges two leaves into one that is half full then.
   *
   * @param siblings the leaves
   * @return how many entries there are
   */
  @Benchmark
  @OperationsPerInvocation(1)
  public int merge(Siblings siblings) {
    LeafMerge.merge(siblings.lower, siblings.upper);
    return siblings.lower.entryCount();
  }

  /** A full leaf that stays as it is. */
  @State(Scope.Thread)
  public static class LoadedLeaf {
    private Leaf leaf;

    /** Made by JMH. */
    public LoadedLeaf() {}

    /**
     * Fills the leaf.
     *
     * @param parts the buffers and values
     */
    @Setup
    public void fill(LeafBenchmark parts) {
      FullLeaf full = new FullLeaf();
      full.fill(parts);
      leaf = full.lower;
    }
  }

  /**
   * Checks a full leaf, as happens once each time it is read into memory.
   *
   * @param loaded the leaf
   */
  @Benchmark
  public void loadCheck(LoadedLeaf loaded) {
    LeafChecker.check(loaded.leaf);
  }
}
