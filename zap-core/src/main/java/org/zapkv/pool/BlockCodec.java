// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/** Compresses and decompresses blocks. Any thread. */
final class BlockCodec {

  /*
   * Implementation notes
   *
   * The library works on arrays, so a block is copied into one and out of another. They are lent for
   * the time of that and no longer: whoever has some waits for nothing. There are only so many, so
   * that many readers do not fill the heap, and readers need no memory of the cache's budget, which
   * others may be waiting for them to give up.
   *
   * Of the library's implementations the one that is used is pure Java and touches arrays only
   * within their bounds: damage cannot make it write anywhere else.
   */

  private static final LZ4Compressor COMPRESSOR = LZ4Factory.safeInstance().fastCompressor();
  private static final LZ4SafeDecompressor DECOMPRESSOR =
      LZ4Factory.safeInstance().safeDecompressor();

  private static final int MIN_SCRATCHES = 4;

  private final Semaphore permits =
      new Semaphore(Math.max(MIN_SCRATCHES, 2 * Runtime.getRuntime().availableProcessors()));

  private final ConcurrentLinkedQueue<Scratch> idle = new ConcurrentLinkedQueue<>();

  /** Arrays for one block, lent to one thread; they grow with what they are used for. */
  final class Scratch implements AutoCloseable {
    private byte[] plain = new byte[0];
    private byte[] packed = new byte[0];
    private int packedBytes;

    /** An array for a block as it is in memory. */
    byte[] plain(int sizeBytes) {
      if (plain.length < sizeBytes) {
        plain = new byte[sizeBytes];
      }
      return plain;
    }

    private byte[] packed(int sizeBytes) {
      if (packed.length < sizeBytes) {
        packed = new byte[sizeBytes];
      }
      return packed;
    }

    /** The compressed block, {@link #packedBytes} long. */
    byte[] packed() {
      return packed;
    }

    int packedBytes() {
      return packedBytes;
    }

    /** Compresses what is in {@link #plain}. */
    void pack(int sizeBytes) {
      byte[] target = packed(COMPRESSOR.maxCompressedLength(sizeBytes));
      packedBytes = COMPRESSOR.compress(plain, 0, sizeBytes, target, 0, target.length);
    }

    /** Gives the arrays back. */
    @Override
    public void close() {
      idle.add(this);
      permits.release();
    }
  }

  /** Lends arrays, to be closed soon, and without waiting for anything until then. */
  Scratch scratch() {
    permits.acquireUninterruptibly();
    Scratch scratch = idle.poll();
    return scratch == null ? new Scratch() : scratch;
  }

  /**
   * Decompresses a block.
   *
   * @param from the payload
   * @param physicalBytes its size
   * @param to where the block goes, which may be the same place
   * @param logicalBytes its size in memory
   * @return what is wrong, null when nothing is
   */
  @Nullable String unpack(long from, int physicalBytes, long to, int logicalBytes) {
    try (Scratch scratch = scratch()) {
      byte[] packed = scratch.packed(physicalBytes);
      byte[] plain = scratch.plain(logicalBytes);
      NativeMemory.copyToArray(from, packed, 0, physicalBytes);
      int bytes = DECOMPRESSOR.decompress(packed, 0, physicalBytes, plain, 0, logicalBytes);
      if (bytes != logicalBytes) {
        return "decompresses to " + bytes + " bytes instead of " + logicalBytes;
      }
      NativeMemory.copyFromArray(plain, 0, to, logicalBytes);
      return null;
    } catch (LZ4Exception e) {
      return "cannot be decompressed: " + e.getMessage();
    }
  }
}
