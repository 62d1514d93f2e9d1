// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.BlockDeviceContract;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.DeviceException;

/** {@link HookedDevice} as a device, and its hooks. */
final class HookedDeviceTest extends BlockDeviceContract {
  private HookedDevice hooked = new HookedDevice(new MemoryDevice());

  @Override
  protected BlockDevice create() {
    hooked = new HookedDevice(new MemoryDevice());
    return hooked;
  }

  @Test
  void actionsRunBeforeAndMayFail() {
    List<String> done = new ArrayList<>();
    hooked.beforeRead(() -> done.add("read"));
    hooked.beforeWrite(() -> done.add("write"));
    hooked.beforeFlush(() -> done.add("flush"));
    write(0, (byte) 1);
    device.flush();
    assertEquals(1, read(0, 1).length);
    assertEquals(List.of("write", "flush", "read"), done);
    hooked.beforeWrite(
        () -> {
          throw HookedDevice.failure();
        });
    assertThrows(DeviceException.class, () -> write(0, (byte) 2));
    hooked.noActions();
    assertArrayEquals(new byte[] {1}, read(0, 1));
    assertEquals(3, done.size());
  }

  @Test
  void aBadSpotCannotBeRead() {
    write(0, new byte[100]);
    hooked.unreadable(10, 20);
    assertEquals(10, read(0, 10).length);
    assertEquals(10, read(20, 10).length);
    DeviceException e = assertThrows(DeviceException.class, () -> read(19, 1));
    assertTrue(e.getMessage().contains("from=10 to=20"), e.getMessage());
    assertThrows(DeviceException.class, () -> read(0, 11));
    hooked.unreadable(0, 0);
    assertEquals(100, read(0, 100).length);
  }

  @Test
  void itMayOutliveItsClosing() {
    write(0, (byte) 1);
    hooked.outlivingClose().close();
    assertArrayEquals(new byte[] {1}, read(0, 1));
  }
}
