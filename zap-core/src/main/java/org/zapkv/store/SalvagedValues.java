// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.jspecify.annotations.Nullable;
import org.zapkv.error.ZapException;
import org.zapkv.object.DamagedObjects;
import org.zapkv.object.ObjectType;
import org.zapkv.object.SalvagedObject;
import org.zapkv.zap.ZapValue;

/** The large values of a damaged store. Used by one thread. */
final class SalvagedValues {
  private final DamagedObjects objects;

  SalvagedValues(DamagedObjects objects) {
    this.objects = objects;
  }

  /**
   * A value all blocks of which are there; whether they can be read shows when they are.
   *
   * @param object has the blocks
   * @param lengthBytes the length of the value
   * @param blockBytes the size of a block
   * @param mayBeOld whether the bytes may be those of an older value
   */
  record Value(SalvagedObject object, long lengthBytes, int blockBytes, boolean mayBeOld) {

    /** The bytes; null if they cannot be read. For a value that fits into an array. */
    byte @Nullable [] bytes() {
      byte[] bytes = new byte[(int) lengthBytes];
      try {
        for (int at = 0; at < bytes.length; at += blockBytes) {
          object.read(at / blockBytes, bytes, at, Math.min(blockBytes, bytes.length - at));
        }
      } catch (ZapException e) {
        return null;
      }
      return bytes;
    }

    /** Writes the value, a block at a time; false: it cannot be read, and is written in part. */
    boolean writeTo(ValueOutputStream out) {
      byte[] block = new byte[blockBytes];
      for (long at = 0; at < lengthBytes; at += blockBytes) {
        int length = (int) Math.min(blockBytes, lengthBytes - at);
        try {
          object.read(at / blockBytes, block, 0, length);
        } catch (ZapException e) {
          return false;
        }
        out.write(block, 0, length);
      }
      return true;
    }
  }

  /** The value that a reference leads to; null if any part of it is lost. */
  @Nullable Value find(ZapValue reference) {
    long length = ValueStore.referenceLength(reference);
    SalvagedObject object = objects.object(ValueStore.referenceObject(reference));
    if (object == null || object.type() != ObjectType.VALUE || !ValueStore.isLength(length)) {
      return null;
    }
    long[] blocks = object.blockIds();
    int blockBytes = ValueStore.blockBytes(length);
    long count = ValueStore.blockCount(length);
    if (blocks.length < count) {
      return null;
    }
    boolean mayBeOld = false;
    for (int block = 0; block < count; block++) {
      if (blocks[block] != block || object.sizeBytes(block) != blockBytes) {
        return null;
      }
      mayBeOld |= object.mayBeOld(block);
    }
    boolean isOne = mayBeOld ? isOfOneGroup(object, blocks, count) : blocks.length == count;
    return isOne ? new Value(object, length, blockBytes, mayBeOld) : null;
  }

  /**
   * Whether the first blocks were written together, and none after them later. The number of an
   * object is used again: blocks of two values must not become one.
   */
  private static boolean isOfOneGroup(SalvagedObject object, long[] blocks, long count) {
    long group = object.birthGroup(0);
    for (int i = 1; i < blocks.length; i++) {
      long other = object.birthGroup(blocks[i]);
      if (i < count ? other != group : other > group) {
        return false;
      }
    }
    return true;
  }
}
