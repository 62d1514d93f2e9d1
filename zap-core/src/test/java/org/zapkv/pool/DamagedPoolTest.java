// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.log.LogPosition;

/** Whether a state is known to be the newest one. */
class DamagedPoolTest {
  private static final int LAST_GROUP = 3;

  private static int slotOffset(int copy) {
    return HeadLayout.slotOffset(HeadLayout.slotOf(LAST_GROUP, copy));
  }

  private static void assertState(
      HookedDevice device, BufferCache cache, long group, boolean mayBeOutdated) {
    try (DamagedPool damaged = DamagedPool.open(device, cache, Clock.systemUTC())) {
      assertEquals(group, damaged.group());
      assertEquals(mayBeOutdated, damaged.mayBeOutdated());
    }
  }

  @Test
  void aSlotThatCannotBeReadIsNotOneThatWasNeverWritten() {
    HookedDevice device = new HookedDevice(new MemoryDevice()).outlivingClose();
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build()) {
      byte[] root = new byte[Pool.ROOT_BYTES];
      UUID storeId = new UUID(1, 2);
      try (Pool pool = Pool.create(device, cache, Clock.systemUTC(), storeId, 22, false, root)) {
        for (long group = 2; group <= LAST_GROUP; group++) {
          pool.beginSync(group);
          pool.commit(group, root, LogPosition.NONE);
        }
      }
      assertState(device, cache, LAST_GROUP, false);
      device.unreadable(slotOffset(0), slotOffset(0) + HeadLayout.SLOT_BYTES);
      assertState(device, cache, LAST_GROUP, false);
      device.unreadable(slotOffset(0), slotOffset(1) + HeadLayout.SLOT_BYTES);
      assertState(device, cache, LAST_GROUP - 1, true);
    }
  }
}
