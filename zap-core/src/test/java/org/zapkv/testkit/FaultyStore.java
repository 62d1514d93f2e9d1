// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.ZapException;
import org.zapkv.store.DeviceStores;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;

/**
 * A store in memory whose disk fails when it is told to: errors of reads, writes and flushes, no
 * room, or time. Blocks and log are on the same disk: a fault is of whichever is next. One thread
 * at a time calls this class; the store may be used by any.
 */
public final class FaultyStore implements AutoCloseable {
  /** For the rest of the test. */
  private static final long ALWAYS = Long.MAX_VALUE;

  private final ZapStoreBuilder builder;
  private final MemoryDevice blocksMemory = new MemoryDevice();
  private final MemoryDevice logMemory = new MemoryDevice();
  private final FaultyDevice blocks;
  private final FaultyDevice log;
  private ZapStore store;

  /**
   * A new, empty store on a disk without faults.
   *
   * @param seed decides what the devices leave to chance
   * @param builder how the store is opened, now and by {@link #reopen}
   */
  public FaultyStore(long seed, ZapStoreBuilder builder) {
    this.builder = builder;
    this.blocks = new FaultyDevice(new HookedDevice(blocksMemory).outlivingClose(), seed);
    this.log = new FaultyDevice(new HookedDevice(logMemory).outlivingClose(), seed + 1);
    this.store = DeviceStores.open(builder, blocks, log);
  }

  /**
   * The store as it is open now. After {@link #reopen} it is another one.
   *
   * @return the store; closed by {@link #close}
   */
  public ZapStore store() {
    return store;
  }

  /**
   * Fails reads.
   *
   * @param after how many reads succeed before, of blocks and of the log each
   */
  public void failReads(long after) {
    trigger(Fault.READ_ERROR, after);
  }

  /**
   * Fails writes, which leave a part behind.
   *
   * @param after how many writes succeed before, of blocks and of the log each
   */
  public void failWrites(long after) {
    trigger(Fault.WRITE_ERROR, after);
  }

  /**
   * Fails flushes.
   *
   * @param after how many flushes succeed before, of blocks and of the log each
   */
  public void failFlushes(long after) {
    trigger(Fault.FLUSH_ERROR, after);
  }

  /**
   * Has no room on the disk.
   *
   * @param after how many writes find room before, of blocks and of the log each
   */
  public void fillUp(long after) {
    trigger(Fault.FULL, after);
  }

  /**
   * Makes every read, write and flush take longer.
   *
   * @param delay how much
   */
  public void slow(Duration delay) {
    for (FaultyDevice device : new FaultyDevice[] {blocks, log}) {
      device.latency(() -> LockSupport.parkNanos(delay.toNanos()));
      device.withProbability(Fault.LATENCY, 1);
    }
  }

  /** Ends all faults; what they have done stays, and a store that has failed stays so. */
  public void heal() {
    blocks.heal();
    log.heal();
  }

  /**
   * How many operations have failed, or were slowed.
   *
   * @return the sum over both devices
   */
  public long faults() {
    return (long) blocks.events().size() + log.events().size();
  }

  /**
   * Closes the store, ends all faults, and opens it again on the same disk.
   *
   * @return the open store
   * @throws ZapException if it cannot be opened any more
   * @throws AssertionError if the store before kept blocks or memory
   */
  public ZapStore reopen() {
    closeStore();
    heal();
    store = DeviceStores.open(builder, blocks, log);
    return store;
  }

  /**
   * Closes the store, which may have failed, and its disk.
   *
   * @throws AssertionError if the store keeps blocks or memory
   */
  @Override
  public void close() {
    try {
      closeStore();
    } finally {
      blocksMemory.close();
      logMemory.close();
    }
  }

  private void closeStore() {
    try {
      store.close();
    } catch (ZapException e) {
      // The fault was asked for.
    }
    Leaks.check(store);
  }

  private void trigger(Fault fault, long after) {
    blocks.trigger(fault, after, ALWAYS);
    log.trigger(fault, after, ALWAYS);
  }
}
