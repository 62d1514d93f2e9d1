// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
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
import org.openjdk.jmh.annotations.Warmup;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.pool.BlockPacker;

/**
 * Leaves of 16 KiB, about 69 % full as after splits, with keys of 16 bytes and values of letters:
 * what it costs to pack and unpack one, beside LZ4 and a copy. Each of 64 leaves in turn.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LeafPackingBenchmark {
  private static final int BLOCK_SHIFT = 14;
  private static final int BLOCK_BYTES = 1 << BLOCK_SHIFT;
  private static final int LEAVES = 64;
  private static final int KEY_BYTES = 16;
  private static final long SALT = 0x24955;
  private static final LZ4Compressor COMPRESSOR = LZ4Factory.safeInstance().fastCompressor();
  private static final LZ4SafeDecompressor DECOMPRESSOR =
      LZ4Factory.safeInstance().safeDecompressor();

  /** The length of the values in bytes. */
  @Param({"8", "100", "1000"})
  public int valueBytes;

  private final BlockPacker packer = LeafPacking.instance().newPacker();
  private final byte[][] leaves = new byte[LEAVES][BLOCK_BYTES];
  private final byte[][] packed =
      new byte[LEAVES][LeafPacking.instance().capacityBytes(BLOCK_BYTES)];
  private final byte[][] compressed = new byte[LEAVES][COMPRESSOR.maxCompressedLength(BLOCK_BYTES)];
  private final int[] packedBytes = new int[LEAVES];
  private final int[] compressedBytes = new int[LEAVES];
  private final byte[] target = new byte[2 * BLOCK_BYTES];
  private int next;

  /** Made by JMH. */
  public LeafPackingBenchmark() {}

  /** Makes the leaves and their packed forms. */
  @Setup
  public void setup() {
    Random random = new Random(7);
    try (BufferCache cache = BufferCache.builder().budgetBytes(16 << 20).build()) {
      Buffer lower = hold(cache, 1);
      Buffer upper = hold(cache, 2);
      for (int i = 0; i < LEAVES; i++) {
        fill(leaf(lower), leaf(upper), random);
        NativeMemory.copyToArray(lower.address(), leaves[i], 0, BLOCK_BYTES);
        packedBytes[i] = packer.pack(leaves[i], BLOCK_BYTES, packed[i]);
        compressedBytes[i] = COMPRESSOR.compress(leaves[i], compressed[i]);
      }
      lower.release(this);
      upper.release(this);
    }
    System.out.println("packed " + packedBytes[0] + ", LZ4 " + compressedBytes[0]);
  }

  /** As leaves come to be: filled up, split, and filled again. */
  private void fill(Leaf leaf, Leaf upper, Random random) {
    int chunks = LeafLayout.entryChunks(KEY_BYTES + 1, valueBytes);
    leaf.initialise(0, 0, 0);
    while (leaf.freeChunks() >= chunks) {
      insert(leaf, random, false);
    }
    LeafSplit.split(leaf, upper);
    int most = leaf.chunkCount() * 69 / 100;
    while (leaf.usedChunks() + chunks <= most) {
      insert(leaf, random, true);
    }
  }

  private void insert(Leaf leaf, Random random, boolean onlyLower) {
    byte[] key = new byte[KEY_BYTES];
    ZapName name;
    do {
      random.nextBytes(key);
      name = ZapName.of(key, SALT, 0, 1023);
    } while (onlyLower && name.hash() < 0);
    byte[] value = new byte[valueBytes];
    for (int i = 0; i < valueBytes; i++) {
      value[i] = (byte) ('a' + random.nextInt(26));
    }
    leaf.insert(name, new ZapValue(1, value), 0, 0);
  }

  private Buffer hold(BufferCache cache, long blockId) {
    return cache.hold(
        (object, block, address, size) -> NativeMemory.fill(address, size, (byte) 0),
        1,
        blockId,
        BLOCK_BYTES,
        this);
  }

  private static Leaf leaf(Buffer buffer) {
    Leaf leaf = new Leaf(buffer, LeafLayout.of(BLOCK_SHIFT), ZapName.MICRO_HASH_BITS, false);
    leaf.setNames(ZapNames.of(SALT, 0, 0));
    return leaf;
  }

  private int step() {
    next = (next + 7) & (LEAVES - 1);
    return next;
  }

  /**
   * Packs a leaf.
   *
   * @return how many bytes it takes
   */
  @Benchmark
  public int pack() {
    return packer.pack(leaves[step()], BLOCK_BYTES, target);
  }

  /**
   * Unpacks a leaf.
   *
   * @return what is wrong, which is nothing
   */
  @Benchmark
  public @Nullable String unpack() {
    int i = step();
    return packer.unpack(packed[i], packedBytes[i], target, BLOCK_BYTES);
  }

  /**
   * Compresses a leaf as it is.
   *
   * @return how many bytes it takes
   */
  @Benchmark
  public int compress() {
    return COMPRESSOR.compress(leaves[step()], 0, BLOCK_BYTES, target, 0, target.length);
  }

  /**
   * Decompresses a leaf.
   *
   * @return its size
   */
  @Benchmark
  public int decompress() {
    int i = step();
    return DECOMPRESSOR.decompress(compressed[i], 0, compressedBytes[i], target, 0, BLOCK_BYTES);
  }

  /**
   * Packs a leaf, and compresses what comes of that.
   *
   * @return how many bytes it takes
   */
  @Benchmark
  public int packAndCompress() {
    int bytes = packer.pack(leaves[step()], BLOCK_BYTES, packed[LEAVES - 1]);
    return COMPRESSOR.compress(packed[LEAVES - 1], 0, bytes, target, 0, target.length);
  }

  /**
   * Copies a leaf.
   *
   * @return a byte of it
   */
  @Benchmark
  public byte copy() {
    System.arraycopy(leaves[step()], 0, target, 0, BLOCK_BYTES);
    return target[next];
  }
}
