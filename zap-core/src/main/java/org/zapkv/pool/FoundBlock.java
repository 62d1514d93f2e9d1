// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * A data block that a scan of a device came by.
 *
 * @param objectType the code of the type of its object
 * @param objectId its object
 * @param index its number
 * @param pointer where it is, as what pointed to it had it
 * @param standing whether it is in use
 */
public record FoundBlock(
    int objectType, long objectId, long index, BlockPointer pointer, Standing standing) {

  /** Whether a block belongs to the state of the store, from what is least to what is most. */
  public enum Standing {
    /** No: it is an old version, or was never committed. */
    OLD,
    /** Nothing says so. */
    UNKNOWN,
    /** A bitmap says so, and nothing says that it is the newest one. */
    PROBABLY_USED,
    /** Yes. */
    USED
  }

  /**
   * The same block, with a copy that was found elsewhere.
   *
   * @param copy the other copy
   * @return both in one; it is in use if either is
   */
  public FoundBlock withCopy(FoundBlock copy) {
    Standing better = standing.compareTo(copy.standing) >= 0 ? standing : copy.standing;
    BlockPointer both = pointer.withCopyAt(copy.pointer.offsetBytes());
    return new FoundBlock(objectType, objectId, index, both, better);
  }

  /** The first byte after it. */
  long endBytes(SpaceGeometry geometry) {
    return pointer.offsetBytes() + ((long) geometry.unitsFor(pointer) << geometry.unitShift());
  }
}
