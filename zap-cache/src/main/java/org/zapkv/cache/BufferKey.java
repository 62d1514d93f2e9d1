// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * The identity of a block.
 *
 * @param objectId the object
 * @param blockId the block of the object
 */
record BufferKey(long objectId, long blockId) {
  private static final long MIX = 0x9E3779B97F4A7C15L;

  /** Mixed well: object and block numbers are small and dense. */
  @Override
  public int hashCode() {
    return hash(objectId, blockId);
  }

  static int hash(long objectId, long blockId) {
    long hash = (objectId * MIX + blockId) * MIX;
    return (int) (hash ^ (hash >>> 32));
  }

  boolean is(long otherObjectId, long otherBlockId) {
    return blockId == otherBlockId && objectId == otherObjectId;
  }

  @Override
  public String toString() {
    return "object=" + objectId + " block=" + blockId;
  }
}
