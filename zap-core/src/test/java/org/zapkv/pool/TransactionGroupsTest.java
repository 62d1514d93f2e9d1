// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;

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

  /** Has something to write in one group. */
  private static final class Changing implements SyncParticipant {
    volatile long changedGroup = -1;

    @Override
    public boolean hasChanges(long group) {
      return group == changedGroup;
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
    public void closing() {}
  }

  private static Pool pool(BufferCache cache) {
    return Pool.create(
        new MemoryDevice(),
        cache,
        Clock.systemUTC(),
        new UUID(1, 2),
        22,
        false,
        new byte[Pool.ROOT_BYTES]);
  }

  /**
   * Who finds, alone, that there is nothing to change any more leaves the store to others: no group
   * is written of that, so there is none that they could wait for.
   */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aChangeMadeAloneThatChangesNothingHoldsNobodyBack() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
        Pool pool = pool(cache);
        TransactionGroups groups = new TransactionGroups(pool, new Changing(), SETTINGS, null)) {
      groups.start();
      for (int i = 0; i < 3; i++) {
        groups.changeAlone(1, false, tx -> {});
        groups.begin(1, false).close();
      }
    }
  }

  /**
   * The disk is full, by the writing of something else, when a change is made alone, and has room
   * soon after: others go on then, and not only when a group is synced by itself, here after a day.
   */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoeverWaitsForAChangeThatFoundNoRoomGoesOnWhenThereIsSome() throws Exception {
    Logger logger = Logger.getLogger("org.zapkv");
    logger.setLevel(Level.OFF);
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
        Pool pool = pool(cache)) {
      Changing participant = new Changing();
      AtomicBoolean full = new AtomicBoolean(true);
      Thread writer = new Thread(() -> pool.roomWait().retry(() -> write(full), noRoom()));
      try (TransactionGroups groups = new TransactionGroups(pool, participant, SETTINGS, null)) {
        groups.start();
        assertThrows(
            StoreFullException.class,
            () ->
                groups.changeAlone(
                    0,
                    false,
                    tx -> {
                      participant.changedGroup = tx.group();
                      writer.start();
                      Waiting.until("want of room", () -> pool.roomWait().isWaiting());
                    }));
        full.set(false);
        Waiting.forEnd(writer);
        try (Transaction tx = groups.begin(0, false)) {
          assertTrue(tx.group() > participant.changedGroup);
        }
      }
    } finally {
      logger.setLevel(null);
    }
  }

  private static void write(AtomicBoolean full) {
    if (full.get()) {
      throw noRoom();
    }
  }

  private static StoreFullException noRoom() {
    return new StoreFullException("injected");
  }

  /** Else the last changes would be lost without a word. */
  @Test
  void anErrorAtTheEndIsToldToWhoeverCloses() {
    Logger logger = Logger.getLogger("org.zapkv");
    logger.setLevel(Level.OFF);
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
        Pool pool = pool(cache)) {
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
