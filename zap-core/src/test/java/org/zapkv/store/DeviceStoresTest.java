// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;

/** What the harness has of this package. */
final class DeviceStoresTest {
  private final ImageDevice blocks = new DeviceImage().toDevice("blocks");
  private final ImageDevice log = new DeviceImage().toDevice("log");

  private ZapStore open(long seed) {
    return DeviceStores.open(DeviceStores.withSalts(ZapStore.builder(), seed), blocks, log);
  }

  @Test
  void createsAndOpens() {
    try (ZapStore store = open(1)) {
      store.map("a").put("key", "value");
    }
    try (ZapStore store = open(1)) {
      assertEquals("value", store.map("a").getString("key"));
    }
  }

  @Test
  void saltsFollowFromTheSeed() {
    // Its root has the first one.
    open(5).close();
    long salt;
    try (ZapStore store = open(5)) {
      salt = store.map("a").statistics().salt();
    }
    try (ZapStore store = open(5)) {
      assertEquals(salt, store.map("b").statistics().salt());
    }
  }

  @Test
  void whatIsNotGivenBackIsToldOf() {
    ZapStore store = open(1);
    IoMemory kept = store.objects().cache().allocateIo(100);
    store.close();
    assertNotNull(DeviceStores.left(store));
    kept.close();
    assertNull(DeviceStores.left(store));
  }
}
