// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ZapException;

/** A store that cannot write any more, whose cache is full of what it should have written. */
@ExtendWith(SilentLog.class)
@Tag("once") // It is long, and runs on dirty memory.
class FailedStoreTest {
  private static final int ENTRIES = 40_000;
  private static final int READS = 60;

  private final HookedDevice blocks = new HookedDevice(new MemoryDevice()).outlivingClose();
  private final HookedDevice log = new HookedDevice(new MemoryDevice()).outlivingClose();

  private static String value(int i) {
    return "value " + i + " of some length, so that the cache is soon full";
  }

  /** Found by the harness (seed 2, 1 thread): each read waited half a minute for memory. */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void readsDoNotWaitForWhatIsNeverWritten() {
    ZapStore store =
        ZapStore.builder()
            .cacheBytes(ZapStoreBuilder.MIN_CACHE_BYTES)
            .leafBytes(4096)
            .syncInterval(Duration.ofHours(1))
            .durability(Durability.NONE)
            .create(blocks, log, "test");
    ZapMap map = store.map("m");
    for (int i = 0; i < ENTRIES; i++) {
      map.put("key " + i, value(i));
    }
    store.sync();
    blocks.beforeWrite(
        () -> {
          throw HookedDevice.failure();
        });
    // A transaction may change more than fits into the cache; what it has changed so far is dirty.
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES; i++) {
      batch.put(map, "key " + i, value(i));
    }
    assertThrows(ZapException.class, batch::commit);
    int right = 0;
    int refused = 0;
    for (int i = 0; i < READS; i++) {
      int number = i * (ENTRIES / READS);
      try {
        assertEquals(value(number), map.getString("key " + number));
        right++;
      } catch (CacheFullException e) {
        refused++;
      }
    }
    assertTrue(right > 0 && refused > 0, "right " + right + " refused " + refused);
    blocks.noActions();
    assertThrows(ZapException.class, store::close);
  }
}
