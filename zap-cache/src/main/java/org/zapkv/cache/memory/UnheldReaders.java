// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

/**
 * Those who read the memory of an allocator without owning a block of it: the sign that there are
 * such, and, by being reachable, that there still may be. Every object that such a reader starts
 * from must reach this one strongly. Any thread.
 */
public final class UnheldReaders {
  /*
   * Implementation notes
   *
   * A reader calls begin() and only then looks whether the block is still out. Whoever returns the
   * last block does so first and asks hasBegun() after. Both sides are volatile: either the reader
   * finds that its block is back, and reads nothing, or the other side finds that it has begun.
   */
  private volatile boolean begun;

  /** Nobody reads yet. */
  public UnheldReaders() {}

  /** Says that somebody is about to read. One volatile read, and once a write. */
  public void begin() {
    if (!begun) {
      begun = true;
    }
  }

  boolean hasBegun() {
    return begun;
  }
}
