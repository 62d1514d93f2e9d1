// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.BlockDeviceContract;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;

/** {@link PatternCheckDevice} as a device, and what it refuses. */
final class PatternCheckDeviceTest extends BlockDeviceContract {
  @Override
  protected BlockDevice create() {
    return new PatternCheckDevice(new MemoryDevice());
  }

  @Test
  void unwrittenMemoryIsRefused() {
    BlockAllocator allocator = new BlockAllocator(1 << 20, InitPolicy.POISON);
    long address = allocator.allocate(4096);
    NativeMemory.fill(address, 4000, (byte) 1);
    device.write(0, address, 4000);
    DeviceException e =
        assertThrows(DeviceException.class, () -> device.write(0, address + 1, 4007));
    assertTrue(e.getMessage().contains("offset=0 length=4007 at=3999"), e.getMessage());
    NativeMemory.fill(address, 4096, (byte) 1);
    device.write(0, address, 4096);
    allocator.free(address, 4096);
    assertThrows(DeviceException.class, () -> device.write(0, address, 4096));
    assertEquals(4096, device.sizeBytes());
  }
}
