// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.pool.Compression;
import org.zapkv.store.DeviceStores;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapStore;
import org.zapkv.store.ZapStoreBuilder;

/** The store of this project. */
public final class ZapKind implements StoreKind {
  private static final int MIN_LEAF_BYTES = 4 << 10;
  private static final int MIN_LEAF_BYTES_ON_DEVICES = 512;
  private static final int MAX_LEAF_BYTES = 128 << 10;

  /** With so short an interval what may be lost is bound to it by a promise of its own. */
  private static final long ASYNC_MILLIS = 100;

  /** Of a creation. */
  private static final int ALL_DONE = 3;

  /** The first one is the default. */
  private static final Compression[] COMPRESSIONS = {
    Compression.PACKED, Compression.NONE, Compression.LZ4
  };

  /** Opens the store of this project. */
  public ZapKind() {}

  @Override
  public String title() {
    return "Zap";
  }

  @Override
  public String settings() {
    return "the defaults, but for what a run varies: cache, direct I/O, size of leaves, interval of"
        + " syncing, compression; durable: `Durability.SYNC`, else `NONE` or `async`";
  }

  @Override
  public String promise() {
    return "\"The commit is on disk when the call returns. Neither a crash of the process nor of the"
        + " system, nor a power cut, takes it away.\" \"What is there after a crash is a beginning"
        + " of that order: if a commit is there, so is every earlier one, and of a batch everything"
        + " or nothing.\" (Javadoc of `Durability`)";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  /**
   * Opens a store, or creates it if the directory, or the device for blocks, is empty. Leaves have
   * at least 4096 bytes, on devices 512: a store with less than 4096 takes small keys and values
   * only, and such that are too long for a leaf anyway. On devices a creation is not safe from a
   * loss of power, and salts follow from the options: what is done again by one thread gives the
   * same blocks.
   */
  @Override
  public Subject open(Place place, OpenOptions options) {
    Duration interval = Duration.ofMillis(options.syncMillis());
    ZapStoreBuilder builder =
        ZapStore.builder()
            .cacheBytes(Math.max(options.cacheBytes(), ZapStoreBuilder.MIN_CACHE_BYTES))
            .directIo(options.directIo())
            .leafBytes(leafBytes(options.leafBytes()))
            .syncInterval(interval)
            .compression(COMPRESSIONS[Math.floorMod(options.compression(), COMPRESSIONS.length)]);
    Durability later =
        options.syncMillis() <= ASYNC_MILLIS ? Durability.async(interval) : Durability.NONE;
    return new ZapSubject(open(place, builder, options), later);
  }

  /** As {@code org.zapkv.store.StoreDirectory} does it: under another name, renamed when whole. */
  @Override
  public void layOut(Path directory, DeviceImage blocks, DeviceImage log, int progress)
      throws IOException {
    if (progress > 0) {
      write(directory.resolve(progress < ALL_DONE ? "blocks.zap.new" : "blocks.zap"), blocks);
    }
    if (progress > 1) {
      write(directory.resolve("intent.log"), log);
    }
  }

  private static void write(Path file, DeviceImage image) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      image.copyTo(out);
    }
  }

  private static ZapStore open(Place place, ZapStoreBuilder builder, OpenOptions options) {
    if (place instanceof Place.Devices devices) {
      DeviceStores.withSalts(
          builder, devices.exactSeed() + options.leafBytes() + options.syncMillis());
      if (options.leafBytes() < MIN_LEAF_BYTES) {
        int leafBytes = Math.max(MIN_LEAF_BYTES_ON_DEVICES, options.leafBytes());
        DeviceStores.withSmallLeaves(builder, Integer.highestOneBit(leafBytes));
      }
      DeviceStores.withSurroundings(builder, devices.clock(), devices.exactSeed());
      return DeviceStores.open(builder, devices.blocks(), devices.log());
    }
    return builder.open(((Place.Directory) place).path());
  }

  private static int leafBytes(int wanted) {
    int bytes = Math.max(MIN_LEAF_BYTES, Math.min(wanted, MAX_LEAF_BYTES));
    return Integer.highestOneBit(bytes);
  }
}
