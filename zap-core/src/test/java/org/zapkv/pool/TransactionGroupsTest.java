// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.StoreFailedException;

/** What the syncing thread does with a layer above that breaks its promises. */
final class TransactionGroupsTest {
  private static final SyncSettings SETTINGS =
      new SyncSettings(Duration.ofDays(1), 4 << 20, false, true);

  /** Has nothing to write, and cannot end. */
  private static final class Unending implements SyncParticipant {
    final Error error = new AssertionError("injected");

    @Override
    public boolean hasChanges(long group) {
      return false;
    }

    @Override
    public boolean wantsEmptyGroup() {
      return false;
    }

    @Override
    public byte[] sync(long group) {
      return new byte[Pool.ROOT_BYTES];
    }

    @Override
    public void committed(long group) {}

    @Override
    public void closing() {
      throw error;
    }
  }

  /** Else the last changes would be lost without a word. */
  @Test
  void anErrorAtTheEndIsToldToWhoeverCloses() {
    Logger logger = Logger.getLogger("org.zapkv");
    logger.setLevel(Level.OFF);
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
        Pool pool =
            Pool.create(
                new MemoryDevice(),
                cache,
                Clock.systemUTC(),
                new UUID(1, 2),
                22,
                false,
                new byte[Pool.ROOT_BYTES])) {
      Unending participant = new Unending();
      TransactionGroups groups = new TransactionGroups(pool, participant, SETTINGS, null);
      groups.start();
      StoreFailedException told = assertThrows(StoreFailedException.class, groups::close);
      assertSame(participant.error, told.getCause());
    } finally {
      logger.setLevel(null);
    }
  }
}
