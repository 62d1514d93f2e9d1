// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;

/** A commit of one change that fails after something was done for it. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class SingleCommitTest {
  private static final int ENTRIES = 1000;

  private final HookedDevice blocks = new HookedDevice(new MemoryDevice()).outlivingClose();
  private final HookedDevice log = new HookedDevice(new MemoryDevice()).outlivingClose();

  private static ZapStoreBuilder builder() {
    return ZapStore.builder()
        .cacheBytes(16 << 20)
        .leafBytes(4096)
        .syncInterval(Duration.ofHours(1))
        .durability(Durability.NONE);
  }

  /** More than fits the log's memory, so that it has to be written while it is appended. */
  private static byte[] large() {
    return Seeds.bytes(new Random(3), 500_000);
  }

  @Test
  void theObjectOfAValueThatDoesNotGetIntoTheMapIsGivenUp() {
    try (ZapStore store = builder().create(blocks, log, "test")) {
      for (int i = 0; i < ENTRIES; i++) {
        store.map("m").put("key " + i, "value " + i);
      }
    }
    try (ZapStore store = builder().open(blocks, log, "test")) {
      // All that is needed to make an object is in memory, the leaf is not.
      store.map("other").put("key", large());
      ZapMap map = store.map("m");
      blocks.beforeRead(
          () -> {
            throw HookedDevice.failure();
          });
      assertThrows(DeviceException.class, () -> map.put("key 1", large()));
      blocks.noActions();
      assertEquals("value 1", map.getString("key 1"));
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      map.put("key 1", large());
      assertArrayEquals(large(), map.get("key 1"));
    }
  }

  @Test
  void aChangeThatTheLogRefusesIsPutBack() {
    ZapStore store = builder().create(blocks, log, "test");
    ZapMap map = store.map("m");
    map.put("key", "value");
    log.beforeWrite(
        () -> {
          throw HookedDevice.failure();
        });
    assertThrows(StoreFailedException.class, () -> map.put("key", large()));
    assertThrows(StoreFailedException.class, () -> map.put("new", large()));
    assertThrows(StoreFailedException.class, () -> map.remove("key"));
    assertEquals("value", map.getString("key"));
    assertEquals(1, map.size());
    assertThrows(StoreFailedException.class, store::sync);
    store.close();
  }
}
