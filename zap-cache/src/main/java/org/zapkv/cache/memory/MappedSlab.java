// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

/** A run of native memory as it came from the system. Owned by one allocator, or retired. */
final class MappedSlab {
  private static final int PAGE_BYTES = 4096;

  /** Blocks are aligned to a page; the system's allocator may align to less. */
  private static final int PADDING_BYTES =
      NativeMemory.alignmentBytes() >= PAGE_BYTES ? 0 : PAGE_BYTES;

  final long rawAddress;
  final long address;
  final long bytes;

  /** How many caches may still have readers in it. Guarded by the lock of RetiredSlabs. */
  int possibleReaders;

  /** Whether it belongs to nobody. Guarded by the lock of RetiredSlabs. */
  boolean isRetired;

  private MappedSlab(long rawAddress, long bytes) {
    this.rawAddress = rawAddress;
    this.address = (rawAddress + PAGE_BYTES - 1) & -PAGE_BYTES;
    this.bytes = bytes;
  }

  /** Takes memory from the system; it counts {@code bytes}, and at most a page for alignment. */
  static MappedSlab map(long bytes) {
    return new MappedSlab(NativeMemory.allocate(bytes + PADDING_BYTES), bytes);
  }

  /** Gives it back to the system. */
  void unmap() {
    NativeMemory.free(rawAddress, bytes + PADDING_BYTES);
  }

  long endAddress() {
    return address + bytes;
  }
}
