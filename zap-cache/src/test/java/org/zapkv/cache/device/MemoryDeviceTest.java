// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.zapkv.error.StoreFullException;

/** {@link MemoryDevice} as a device, and its limit. */
final class MemoryDeviceTest extends BlockDeviceContract {
  @Override
  protected BlockDevice create() {
    return new MemoryDevice();
  }

  @Test
  void theLimitIsKept() {
    device = new MemoryDevice("small", 1000);
    write(0, new byte[1000]);
    assertEquals(0, device.growableBytes());
    assertThrows(StoreFullException.class, () -> write(1, new byte[1000]));
    assertEquals(1000, device.sizeBytes());
    device.truncate(10);
    assertEquals(990, device.growableBytes());
  }
}
