// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;

/** Reading and writing the head of a device as a whole: the labels and the ring of uberblocks. */
final class PoolHead {
  private PoolHead() {}

  /* What cannot be read counts as damaged: there is a second copy of everything in the head. It is
  not zeros, which a slot has that was never written. */
  static @Nullable DeviceException readInPieces(BlockDevice device, long address) {
    try {
      read(device, address);
      return null;
    } catch (DeviceException e) {
      long deviceBytes = device.sizeBytes();
      int pieceBytes = HeadLayout.SLOT_BYTES;
      NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
      for (int at = 0; at < HeadLayout.SIZE_BYTES && at + pieceBytes <= deviceBytes; ) {
        try {
          device.read(at, address + at, pieceBytes);
        } catch (DeviceException unreadable) {
          NativeMemory.fill(address + at, pieceBytes, (byte) -1);
        }
        at += pieceBytes;
      }
      return e;
    }
  }

  static void read(BlockDevice device, long address) {
    NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
    int present = (int) Math.min(HeadLayout.SIZE_BYTES, device.sizeBytes());
    device.read(0, address, present);
  }

  /* The label goes last: a device on which making the store was cut short is not taken for one. */
  static void writeNew(BlockDevice device, long address, Label label, Uberblock first) {
    device.truncate(0);
    NativeMemory.fill(address, HeadLayout.SIZE_BYTES, (byte) 0);
    for (int copy = 0; copy < HeadLayout.UBERBLOCK_COPIES; copy++) {
      int slot = HeadLayout.slotOf(first.group(), copy);
      first.encode(address + HeadLayout.slotOffset(slot), slot, label.storeId());
    }
    device.write(0, address, HeadLayout.SIZE_BYTES);
    device.flush();
    for (int copy = 0; copy < HeadLayout.LABEL_COPIES; copy++) {
      label.encode(address + HeadLayout.labelOffset(copy));
    }
    device.write(0, address, HeadLayout.RING_OFFSET);
    device.flush();
  }
}
