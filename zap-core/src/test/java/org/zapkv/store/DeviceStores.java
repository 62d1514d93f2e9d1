// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.time.Clock;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.CacheStats;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.object.Surroundings;

/** For the harness, which is in another package: stores on devices, and what is left of them. */
public final class DeviceStores {
  private DeviceStores() {}

  /**
   * Opens the store on two devices, which are closed with it, or if there is nothing on the first
   * one, creates it. Power that is lost during that leaves something that is no store.
   *
   * @param builder how it is opened
   * @param blocks for the blocks
   * @param log for the intent log
   * @return the open store
   */
  public static ZapStore open(ZapStoreBuilder builder, BlockDevice blocks, BlockDevice log) {
    return blocks.sizeBytes() == 0
        ? builder.create(blocks, log, blocks.name())
        : builder.open(blocks, log, blocks.name());
  }

  /**
   * Sees to it that maps that are made in the same order have the same salts.
   *
   * @param builder of a store; changed
   * @param seed decides on the salts
   * @return the builder
   */
  public static ZapStoreBuilder withSalts(ZapStoreBuilder builder, long seed) {
    AtomicLong asked = new AtomicLong();
    return builder.saltSource(
        () -> new SplittableRandom(seed + asked.getAndIncrement()).nextLong());
  }

  /**
   * Makes leaves small, so that few entries are enough for all that happens to them. A store with
   * leaves of 512 bytes takes keys of 30 bytes, and values of 60 or of more than 2048.
   *
   * @param builder of a store; changed
   * @param leafBytes a power of two, 512 or above
   * @return the builder
   */
  public static ZapStoreBuilder withSmallLeaves(ZapStoreBuilder builder, int leafBytes) {
    return builder.leafShift(Integer.numberOfTrailingZeros(leafBytes));
  }

  /**
   * Says what time it is for a store, and whether it may do anything in the background.
   *
   * @param builder of a store; changed
   * @param clock what time it is
   * @param exactSeed not 0: it does all while callers wait for it, with all chance from this number
   * @return the builder
   */
  public static ZapStoreBuilder withSurroundings(
      ZapStoreBuilder builder, Clock clock, long exactSeed) {
    AtomicLong asked = new AtomicLong();
    LongSupplier chance =
        exactSeed == 0
            ? Surroundings.USUAL.chance()
            : () -> new SplittableRandom(exactSeed + asked.getAndIncrement()).nextLong();
    return builder.surroundings(new Surroundings(clock, chance, exactSeed == 0));
  }

  /**
   * What a store that was closed has not given back.
   *
   * @param store the closed store
   * @return the holds and bytes; null: nothing
   */
  public static @Nullable String left(ZapStore store) {
    CacheStats stats = store.objects().cache().stats();
    return stats.outstandingHolds() == 0 && stats.usedBytes() == 0
        ? null
        : stats.outstandingHolds() + " holds and " + stats.usedBytes() + " bytes: " + stats;
  }

  /**
   * Holds a block of a store, as a leak does.
   *
   * @param store an open store
   * @return what releases the block
   */
  public static AutoCloseable holdSomething(ZapStore store) {
    Buffer held = store.objects().cache().holdForFill(Long.MAX_VALUE, 1, 512, "leak");
    NativeMemory.fill(held.address(), 512, (byte) 1);
    held.fillDone();
    return () -> held.release("leak");
  }
}
