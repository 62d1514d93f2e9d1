// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * The head of the device: what is at a fixed place in every store.
 *
 * <pre>
 *        0   label
 *    4 KiB   label, second copy
 *    8 KiB   ring of 30 uberblock slots of 4 KiB; group g goes to slot g % 30
 *  128 KiB   end of the head
 * </pre>
 */
final class HeadLayout {
  static final int LABEL_BYTES = 4096;
  static final int LABEL_COPIES = 2;
  static final int RING_OFFSET = LABEL_COPIES * LABEL_BYTES;
  static final int SLOT_BYTES = 4096;
  static final int SLOT_COUNT = 30;
  static final int RING_BYTES = SLOT_COUNT * SLOT_BYTES;
  static final int SIZE_BYTES = RING_OFFSET + RING_BYTES;

  private HeadLayout() {}

  static int labelOffset(int copy) {
    return copy * LABEL_BYTES;
  }

  static int slotOf(long group) {
    return (int) (group % SLOT_COUNT);
  }

  static int slotOffset(int slot) {
    return RING_OFFSET + slot * SLOT_BYTES;
  }
}
