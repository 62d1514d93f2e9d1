// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.error.ZapException;
import org.zapkv.store.DeviceStores;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;

/**
 * A store whose machine can lose power: what was not flushed by then is kept, dropped, torn or
 * written in another order, as the seed decides. What a store promises to be durable has to be
 * there after {@link #crash}. One thread at a time calls this class; the store may be used by any.
 */
public final class CrashingStore implements AutoCloseable {
  private final long seed;
  private final ZapStoreBuilder builder;
  private final CrashDevice blocks;
  private final CrashDevice log;
  private ZapStore store;

  /**
   * A new, empty store with power.
   *
   * @param seed decides what becomes of each write that was not flushed
   * @param builder how the store is opened, now and after each crash
   */
  public CrashingStore(long seed, ZapStoreBuilder builder) {
    this.seed = seed;
    this.builder = builder;
    this.blocks = new CrashDevice(seed);
    this.log = new CrashDevice(seed + 1);
    this.store = DeviceStores.open(builder, blocks, log);
  }

  /**
   * What all chance comes from.
   *
   * @return the number to give to the constructor for the same fates of the same writes
   */
  public long seed() {
    return seed;
  }

  /**
   * The store as it is open now. After a crash it is another one.
   *
   * @return the store; closed by {@link #close}
   */
  public ZapStore store() {
    return store;
  }

  /**
   * Has power go at some later write or flush: that one and all after it fail, and with them what
   * waits for them. Then call {@link #crash}.
   *
   * @param operations how many writes and flushes of blocks, and how many of the log, succeed
   *     before
   */
  public void losePowerAfter(long operations) {
    blocks.crashAfter(operations);
    log.crashAfter(operations);
  }

  /**
   * Takes the power away, if it is not away yet, and opens the store on what is left.
   *
   * @return the store after the crash
   * @throws ZapException if it cannot be opened any more
   * @throws AssertionError if the store before kept blocks or memory
   */
  public ZapStore crash() {
    losePowerAfter(0);
    try {
      store.close();
    } catch (ZapException e) {
      // It cannot write any more; what that loses is what the test is about.
    }
    Leaks.check(store);
    blocks.restart();
    log.restart();
    store = DeviceStores.open(builder, blocks, log);
    return store;
  }

  /**
   * Closes the store as it is open now. Twice does nothing.
   *
   * @throws AssertionError if it keeps blocks or memory
   */
  @Override
  public void close() {
    Leaks.close(store);
  }
}
