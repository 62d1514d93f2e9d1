// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;

/** Decides in which form a block is stored: as it is, packed, compressed, or both. */
final class PayloadPacker {
  private final Pool pool;
  private final BlockCodec codec;
  private final boolean hasLeafPacking;

  /** Set before there are several threads. */
  private Compression compression = Compression.NONE;

  /**
   * The packer of a pool.
   *
   * @param pool says how much space a payload takes
   * @param codec packs and compresses
   * @param hasLeafPacking whether the store may have packed leaves
   */
  PayloadPacker(Pool pool, BlockCodec codec, boolean hasLeafPacking) {
    this.pool = pool;
    this.codec = codec;
    this.hasLeafPacking = hasLeafPacking;
  }

  /** As {@link Pool#compressWith}. */
  void compressWith(Compression newCompression, @Nullable BlockPacking packing) {
    compression = newCompression;
    codec.packWith(packing);
  }

  /** Whether it is worth an attempt to make a block shorter. */
  boolean compresses(NewBlock block) {
    return compression == Compression.LZ4 || mayPack(block);
  }

  /** The same of a block that is at an address: not all can be packed. */
  boolean compresses(NewBlock block, long address) {
    return compression == Compression.LZ4 || (mayPack(block) && codec.packs(address));
  }

  private boolean mayPack(NewBlock block) {
    return compression != Compression.NONE && block.level() == 0 && hasLeafPacking;
  }

  BlockCodec.Scratch scratch() {
    return codec.scratch();
  }

  /** What to store of a block that is in a scratch: each thing is done only if it saves a unit. */
  Payload pack(BlockCodec.Scratch scratch, int sizeBytes, NewBlock block) {
    Payload payload = scratch.plainPayload(sizeBytes);
    if (mayPack(block)) {
      payload = shorter(scratch.pack(sizeBytes), payload, block);
    }
    if (compression == Compression.LZ4) {
      payload = shorter(scratch.compress(payload), payload, block);
    }
    return payload;
  }

  private Payload shorter(Payload payload, Payload present, NewBlock block) {
    int bytes = payload.sizeBytes();
    boolean saves =
        bytes < present.sizeBytes()
            && pool.copyBytes(bytes, block.form())
                < pool.copyBytes(present.sizeBytes(), block.form());
    return saves ? payload : present;
  }
}
