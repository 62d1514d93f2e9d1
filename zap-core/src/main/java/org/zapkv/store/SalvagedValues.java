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
   * A value.
   *
   * @param bytes the bytes
   * @param mayBeOld whether they may be those of an older value
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Value(byte[] bytes, boolean mayBeOld) {}

  /** The value that a reference leads to; null if any part of it is lost. */
  @Nullable Value read(ZapValue reference) {
    long length = ValueStore.referenceLength(reference);
    SalvagedObject object = objects.object(ValueStore.referenceObject(reference));
    if (object == null || object.type() != ObjectType.VALUE || !isLength(length)) {
      return null;
    }
    long[] blocks = object.blockIds();
    int blockBytes = ValueStore.blockBytes(length);
    int count = (int) ValueStore.blockCount(length);
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
    byte[] bytes = isOne ? read(object, (int) length, blockBytes) : null;
    return bytes == null ? null : new Value(bytes, mayBeOld);
  }

  /** Longer ones do not go through a batch. */
  private static boolean isLength(long length) {
    return ValueStore.isLength(length) && length <= ZapMap.MAX_VALUE_BYTES;
  }

  /**
   * Whether the first blocks were written together, and none after them later. The number of an
   * object is used again: blocks of two values must not become one.
   */
  private static boolean isOfOneGroup(SalvagedObject object, long[] blocks, int count) {
    long group = object.birthGroup(0);
    for (int i = 1; i < blocks.length; i++) {
      long other = object.birthGroup(blocks[i]);
      if (i < count ? other != group : other > group) {
        return false;
      }
    }
    return true;
  }

  private byte @Nullable [] read(SalvagedObject object, int length, int blockBytes) {
    byte[] bytes = new byte[length];
    try {
      for (int at = 0; at < length; at += blockBytes) {
        object.read(at / blockBytes, bytes, at, Math.min(blockBytes, length - at));
      }
    } catch (ZapException e) {
      return null;
    }
    return bytes;
  }
}
