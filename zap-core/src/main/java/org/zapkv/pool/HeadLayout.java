// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * The head of the device: what is at a fixed place in every store.
 *
 * <pre>
 *        0   label
 *    4 KiB   label, second copy
 *    8 KiB   ring of 15 uberblock slots of 4 KiB; group g goes to slot g % 15
 *   68 KiB   second ring of 15 slots: the second copy of group g in slot 15 + g % 15
 *  128 KiB   end of the head
 * </pre>
 */
final class HeadLayout {
  static final int LABEL_BYTES = 4096;
  static final int LABEL_COPIES = 2;
  static final int RING_OFFSET = LABEL_COPIES * LABEL_BYTES;
  static final int SLOT_BYTES = 4096;
  static final int RING_SLOTS = 15;
  static final int UBERBLOCK_COPIES = 2;

  /** The slots of both rings, numbered through. */
  static final int SLOT_COUNT = UBERBLOCK_COPIES * RING_SLOTS;

  static final int RING_BYTES = SLOT_COUNT * SLOT_BYTES;
  static final int SIZE_BYTES = RING_OFFSET + RING_BYTES;

  private HeadLayout() {}

  static int labelOffset(int copy) {
    return copy * LABEL_BYTES;
  }

  static int slotOf(long group, int copy) {
    return copy * RING_SLOTS + (int) (group % RING_SLOTS);
  }

  static int slotOffset(int slot) {
    return RING_OFFSET + slot * SLOT_BYTES;
  }
}
