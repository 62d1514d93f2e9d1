// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

/** A run of native memory as it came from the system. Owned by one allocator, or retired. */
final class MappedSlab {
  /** The system's allocator aligns to 16 bytes only; blocks are aligned to a page. */
  private static final int PAGE_BYTES = 4096;

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

  /** Takes memory from the system; it counts {@code bytes}, and one page more for alignment. */
  static MappedSlab map(long bytes) {
    return new MappedSlab(NativeMemory.allocate(bytes + PAGE_BYTES), bytes);
  }

  /** Gives it back to the system. */
  void unmap() {
    NativeMemory.free(rawAddress, bytes + PAGE_BYTES);
  }

  long endAddress() {
    return address + bytes;
  }
}
