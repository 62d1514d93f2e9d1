// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/** Makes blocks shorter than they are in memory, and gives them back. Any thread. */
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
   *
   * A block is packed, if there is a packing for it, then compressed; it is given back the other way
   * round. The form says which of the two was done, so that each can be left out.
   */

  /** The form of a block as it is in memory; the others are bits. */
  static final int FORM_PLAIN = 0;

  /** The payload is compressed with LZ4. */
  static final int FORM_LZ4 = 1;

  /** The payload, decompressed if need be, is a packed leaf. */
  static final int FORM_PACKED = 2;

  private static final int FORM_KNOWN = FORM_LZ4 | FORM_PACKED;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final LZ4Compressor COMPRESSOR = LZ4Factory.safeInstance().fastCompressor();
  private static final LZ4SafeDecompressor DECOMPRESSOR =
      LZ4Factory.safeInstance().safeDecompressor();

  private static final int MIN_SCRATCHES = 4;

  private final Semaphore permits =
      new Semaphore(Math.max(MIN_SCRATCHES, 2 * Runtime.getRuntime().availableProcessors()));

  private final ConcurrentLinkedQueue<Scratch> idle = new ConcurrentLinkedQueue<>();

  /** Set before there are several threads. */
  private @Nullable BlockPacking packing;

  /** Arrays for one block, lent to one thread; they grow with what they are used for. */
  final class Scratch implements AutoCloseable {
    private byte[] plain = new byte[0];
    private byte[] packed = new byte[0];
    private byte[] compressed = new byte[0];
    private @Nullable BlockPacker packer;

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

    private byte[] compressed(int sizeBytes) {
      if (compressed.length < sizeBytes) {
        compressed = new byte[sizeBytes];
      }
      return compressed;
    }

    private BlockPacker packer(BlockPacking of) {
      if (packer == null) {
        packer = of.newPacker();
      }
      return packer;
    }

    /** The block that is in {@link #plain}. */
    Payload plainPayload(int sizeBytes) {
      return Payload.of(plain, sizeBytes, sizeBytes, FORM_PLAIN);
    }

    /** Packs what is in {@link #plain}; gives that itself if it cannot be packed. */
    Payload pack(int sizeBytes) {
      BlockPacking known = packing;
      if (known != null && known.isFor((long) LONGS.get(plain, 0))) {
        byte[] target = packed(known.capacityBytes(sizeBytes));
        int bytes = packer(known).pack(plain, sizeBytes, target);
        if (bytes != BlockPacker.NOT_PACKED) {
          return Payload.of(target, bytes, sizeBytes, FORM_PACKED);
        }
      }
      return plainPayload(sizeBytes);
    }

    /** Compresses a payload that is in this scratch; may be longer after that. */
    Payload compress(Payload payload) {
      int sizeBytes = payload.sizeBytes();
      byte[] source = payload.form() == FORM_PACKED ? packed : plain;
      byte[] target = compressed(COMPRESSOR.maxCompressedLength(sizeBytes));
      int bytes = COMPRESSOR.compress(source, 0, sizeBytes, target, 0, target.length);
      return Payload.of(target, bytes, payload.logicalBytes(), payload.form() | FORM_LZ4);
    }

    private @Nullable String decompress(long from, int physicalBytes, int logicalBytes) {
      byte[] source = compressed(physicalBytes);
      NativeMemory.copyToArray(from, source, 0, physicalBytes);
      byte[] target = plain(logicalBytes);
      int bytes = DECOMPRESSOR.decompress(source, 0, physicalBytes, target, 0, logicalBytes);
      return bytes == logicalBytes
          ? null
          : "decompresses to " + bytes + " bytes instead of " + logicalBytes;
    }

    private @Nullable String unpack(long from, int physicalBytes, int form, int logicalBytes) {
      BlockPacking known = packing;
      if (known == null) {
        return "is a packed leaf, and who opened the store knows of none";
      }
      byte[] source = packed(known.capacityBytes(logicalBytes));
      int bytes = physicalBytes;
      if (form == FORM_PACKED) {
        NativeMemory.copyToArray(from, source, 0, bytes);
      } else {
        NativeMemory.copyToArray(from, compressed(bytes), 0, bytes);
        // Packed bytes are fewer than the block has.
        bytes = DECOMPRESSOR.decompress(compressed, 0, bytes, source, 0, logicalBytes - 1);
      }
      return packer(known).unpack(source, bytes, plain(logicalBytes), logicalBytes);
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

  /** Says how leaves are packed; before there are several threads. */
  void packWith(@Nullable BlockPacking newPacking) {
    packing = newPacking;
  }

  /** Whether it is worth an attempt to pack a block. */
  boolean packs(long address) {
    BlockPacking known = packing;
    return known != null && known.isFor(NativeMemory.getLong(address));
  }

  /** Whether the form of a payload can be one. */
  static boolean isKnown(int form) {
    return (form & ~FORM_KNOWN) == 0;
  }

  /**
   * Makes a block of its payload.
   *
   * @param from the payload
   * @param physicalBytes its size
   * @param form how it was made of the block, not {@link #FORM_PLAIN}
   * @param to where the block goes, which may be the same place
   * @param logicalBytes its size in memory
   * @return what is wrong, null when nothing is
   */
  @Nullable String unpack(long from, int physicalBytes, int form, long to, int logicalBytes) {
    try (Scratch scratch = scratch()) {
      String problem =
          form == FORM_LZ4
              ? scratch.decompress(from, physicalBytes, logicalBytes)
              : scratch.unpack(from, physicalBytes, form, logicalBytes);
      if (problem == null) {
        NativeMemory.copyFromArray(scratch.plain, 0, to, logicalBytes);
      }
      return problem;
    } catch (LZ4Exception e) {
      return "cannot be decompressed: " + e.getMessage();
    }
  }
}
