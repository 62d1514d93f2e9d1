// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;

/** Makes labels that this version does not write. */
public final class LabelEditor {
  private LabelEditor() {}

  /** Adds to the word of incompatible features in both copies. */
  public static void addIncompatibleFeatures(BlockDevice device, long memory, long features) {
    add(device, memory, LabelLayout.INCOMPATIBLE, features);
  }

  /** Adds to the word of read-only compatible features in both copies. */
  public static void addReadOnlyCompatibleFeatures(BlockDevice device, long memory, long features) {
    add(device, memory, LabelLayout.READ_ONLY_COMPATIBLE, features);
  }

  /** Adds to the word of compatible features in both copies. */
  public static void addCompatibleFeatures(BlockDevice device, long memory, long features) {
    add(device, memory, LabelLayout.COMPATIBLE, features);
  }

  private static void add(BlockDevice device, long memory, int word, long features) {
    edit(
        device,
        memory,
        () -> NativeMemory.putLong(memory + word, NativeMemory.getLong(memory + word) | features));
  }

  /** Sets the format version in both copies. */
  public static void setVersion(BlockDevice device, long memory, int version) {
    edit(device, memory, () -> NativeMemory.putInt(memory + LabelLayout.VERSION, version));
  }

  private static void edit(BlockDevice device, long memory, Runnable change) {
    for (int copy = 0; copy < HeadLayout.LABEL_COPIES; copy++) {
      long offset = HeadLayout.labelOffset(copy);
      device.read(offset, memory, HeadLayout.LABEL_BYTES);
      change.run();
      long seed = Checksum.seed(Checksum.LABEL_OWNER, 0, 0);
      long checksum = Checksum.of(memory, LabelLayout.CHECKSUM, seed);
      NativeMemory.putLong(memory + LabelLayout.CHECKSUM, checksum);
      device.write(offset, memory, HeadLayout.LABEL_BYTES);
    }
  }
}
