// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;

/**
 * Another device that refuses to be given what {@link InitPolicy#POISON} fills memory with: bytes
 * that nobody has written. Any thread.
 */
public final class PatternCheckDevice extends WrappedDevice {
  /**
   * A device that is as another, but for that.
   *
   * @param device the other one; closed with this one
   */
  public PatternCheckDevice(BlockDevice device) {
    super(device);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    long first = (address + Long.BYTES - 1) & -Long.BYTES;
    for (long at = first; at <= address + lengthBytes - Long.BYTES; at += Long.BYTES) {
      long word = NativeMemory.getLong(at);
      if (word == InitPolicy.POISON_ALLOC_WORD || word == InitPolicy.POISON_FREE_WORD) {
        throw new DeviceException(
            name()
                + ": unwritten memory in a write: offset="
                + offsetBytes
                + " length="
                + lengthBytes
                + " at="
                + (at - address)
                + " found=0x"
                + Long.toHexString(word));
      }
    }
    super.write(offsetBytes, address, lengthBytes);
  }
}
