// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.IoMode;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectSetOptions;
import org.zapkv.pool.Compression;
import org.zapkv.zap.ZapParameters;

/**
 * Opens a store with other than the default options. There is none that has to be set, and none for
 * how much data there will be. Used by one thread at a time; may be used for several stores.
 */
public final class ZapStoreBuilder {
  /** The smallest cache, in bytes. */
  public static final long MIN_CACHE_BYTES = 4L << 20;

  /** The longest interval that can be counted in nanoseconds: almost 300 years. */
  private static final Duration NEVER = Duration.ofNanos(Long.MAX_VALUE);

  private static final int MIN_LEAF_BYTES = 4096;
  private static final int MAX_LEAF_BYTES = 128 * 1024;

  private ObjectSetOptions options = ObjectSetOptions.defaults();
  private ZapParameters mapParameters = ZapParameters.DEFAULT;
  private boolean create = true;
  private IoMode ioMode = IoMode.BUFFERED;

  ZapStoreBuilder() {}

  /**
   * How much memory outside the Java heap the store may use for blocks. A hard limit.
   *
   * @param bytes at least {@value #MIN_CACHE_BYTES}; the default is 256 MiB
   * @return this builder
   */
  public ZapStoreBuilder cacheBytes(long bytes) {
    if (bytes < MIN_CACHE_BYTES) {
      throw new IllegalArgumentException(
          "cacheBytes=" + bytes + ": a store needs at least " + MIN_CACHE_BYTES);
    }
    options = options.withCacheBytes(bytes);
    return this;
  }

  /**
   * How long a change may stay in memory before its group is written.
   *
   * @param interval above zero; the default is five seconds
   * @return this builder
   */
  public ZapStoreBuilder syncInterval(Duration interval) {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("syncInterval=" + interval + ": has to be above zero");
    }
    options = options.withSyncInterval(interval.compareTo(NEVER) > 0 ? NEVER : interval);
    return this;
  }

  /**
   * The size of the blocks of maps that are fat from now on. Small blocks suit random updates,
   * large ones scans.
   *
   * @param bytes a power of two from 4096 to 131072; the default is 16384
   * @return this builder
   */
  public ZapStoreBuilder leafBytes(int bytes) {
    if (bytes < MIN_LEAF_BYTES || bytes > MAX_LEAF_BYTES || Integer.bitCount(bytes) != 1) {
      throw new IllegalArgumentException(
          "leafBytes="
              + bytes
              + ": has to be a power of two from "
              + MIN_LEAF_BYTES
              + " to "
              + MAX_LEAF_BYTES);
    }
    mapParameters = mapParameters.withFatBlockShift(Integer.numberOfTrailingZeros(bytes));
    return this;
  }

  /**
   * Whether a store that is not there is created.
   *
   * @param createIfMissing false: opening what is not there is a {@link
   *     org.zapkv.error.NotAStoreException}; the default is true
   * @return this builder
   */
  public ZapStoreBuilder createIfMissing(boolean createIfMissing) {
    this.create = createIfMissing;
    return this;
  }

  /**
   * Whether the file is read and written past the page cache of the system. That pays where the
   * store's own cache is large: nothing is kept in memory twice, and no other program's files are
   * pushed out of the page cache. A read that misses the cache then always goes to the disk, so
   * with a small cache, or with leaves well below 128 KiB that are read in no order, it costs.
   * Where the file system refuses it, the page cache is used after all, and the log says so.
   *
   * @param direct true: past the page cache; the default is false
   * @return this builder
   */
  public ZapStoreBuilder directIo(boolean direct) {
    this.ioMode = direct ? IoMode.DIRECT : IoMode.BUFFERED;
    return this;
  }

  /**
   * How blocks are compressed that are written from now on. Those that are there already are read
   * whichever way they were written.
   *
   * @param compression how; the default is none
   * @return this builder
   */
  public ZapStoreBuilder compression(Compression compression) {
    options = options.withCompression(Objects.requireNonNull(compression, "compression"));
    return this;
  }

  /**
   * Opens a store, as {@link ZapStore#open(Path)} does.
   *
   * @param directory where the store is
   * @return the open store
   */
  public ZapStore open(Path directory) {
    Objects.requireNonNull(directory, "directory");
    return StoreDirectory.open(directory, create, ioMode, options, mapParameters);
  }

  /**
   * Opens a new store in memory, as {@link ZapStore#inMemory()} does.
   *
   * @return the open store
   */
  public ZapStore inMemory() {
    return create(new MemoryDevice(), "in memory");
  }

  /** Makes a new store without an intent log on a device, which is closed with it. */
  ZapStore create(BlockDevice device, String name) {
    return create(device, null, name);
  }

  /** Makes a new store on devices, which are closed with it. */
  ZapStore create(BlockDevice device, @Nullable BlockDevice logDevice, String name) {
    try (Closer closer = new Closer()) {
      Closer devices = closer.add(devices(device, logDevice));
      ObjectSet objects =
          closer.add(
              logDevice == null
                  ? ObjectSet.create(device, options)
                  : ObjectSet.create(device, logDevice, options));
      ZapStore.initialise(objects);
      ZapStore store = new ZapStore(name, objects, mapParameters, devices);
      closer.handOver();
      return store;
    }
  }

  /** Opens the store on a device, which is closed with it. */
  ZapStore open(BlockDevice device, String name) {
    return open(device, null, name);
  }

  /** Opens the store on devices, which are closed with it. */
  ZapStore open(BlockDevice device, @Nullable BlockDevice logDevice, String name) {
    try (Closer closer = new Closer()) {
      Closer devices = closer.add(devices(device, logDevice));
      ObjectSet objects = closer.add(ObjectSet.open(device, logDevice, options));
      ZapStore store = new ZapStore(name, objects, mapParameters, devices);
      closer.handOver();
      return store;
    }
  }

  private static Closer devices(BlockDevice device, @Nullable BlockDevice logDevice) {
    Closer devices = new Closer();
    if (logDevice != null) {
      devices.add(logDevice);
    }
    devices.add(device);
    return devices;
  }
}
