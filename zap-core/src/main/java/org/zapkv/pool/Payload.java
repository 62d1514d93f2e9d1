// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/** The bytes of a block that go to the device. Valid as long as what they are in. */
final class Payload {
  private final long address;
  private final byte @Nullable [] array;
  private final int sizeBytes;
  private final int logicalBytes;
  private final int form;

  private Payload(
      long address, byte @Nullable [] array, int sizeBytes, int logicalBytes, int form) {
    this.address = address;
    this.array = array;
    this.sizeBytes = sizeBytes;
    this.logicalBytes = logicalBytes;
    this.form = form;
  }

  /** A block as it is in memory. */
  static Payload plain(long address, int sizeBytes) {
    return new Payload(address, null, sizeBytes, sizeBytes, BlockCodec.FORM_PLAIN);
  }

  /**
   * A payload at the beginning of an array, of a block of a size, in a form of {@link BlockCodec}.
   */
  static Payload of(byte[] array, int sizeBytes, int logicalBytes, int form) {
    return new Payload(0, array, sizeBytes, logicalBytes, form);
  }

  /** Where the bytes are, if they are in no array. */
  long address() {
    return address;
  }

  int sizeBytes() {
    return sizeBytes;
  }

  /** The size of the block in memory. */
  int logicalBytes() {
    return logicalBytes;
  }

  /** How it was made of the block, see {@link BlockCodec}. */
  int form() {
    return form;
  }

  long checksum(NewBlock block) {
    long seed = Checksum.seed(block.objectId(), block.index(), block.level(), block.group());
    return array == null
        ? Checksum.of(address, sizeBytes, seed)
        : Checksum.of(array, sizeBytes, seed);
  }

  void copyTo(long destination) {
    if (array == null) {
      NativeMemory.copy(address, destination, sizeBytes);
    } else {
      NativeMemory.copyFromArray(array, 0, destination, sizeBytes);
    }
  }
}
