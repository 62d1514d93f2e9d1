// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.IoMode;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.CorruptException;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.Surroundings;
import org.zapkv.pool.Compression;

/**
 * Opens a store with other than the default options. There is none that has to be set, and none for
 * how much data there will be. Used by one thread at a time; may be used for several stores.
 */
public final class ZapStoreBuilder {
  private static final System.Logger LOGGER = System.getLogger(ZapStoreBuilder.class.getName());

  /** The smallest cache, in bytes. */
  public static final long MIN_CACHE_BYTES = 4L << 20;

  /** The longest interval that can be counted in nanoseconds: almost 300 years. */
  private static final Duration NEVER = Duration.ofNanos(Long.MAX_VALUE);

  private static final int MIN_LEAF_BYTES = 4096;
  private static final int MAX_LEAF_BYTES = 128 * 1024;

  private StoreOptions options = StoreOptions.DEFAULT;
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
    options = options.withObjects(options.objects().withCacheBytes(bytes));
    return this;
  }

  /**
   * How long a change may stay in memory before its group is written. Until then a change that is
   * durable is so by the intent log; what is in no group is replayed when the store is opened.
   *
   * @param interval above zero; the default is five seconds
   * @return this builder
   */
  public ZapStoreBuilder syncInterval(Duration interval) {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("syncInterval=" + interval + ": has to be above zero");
    }
    Duration countable = interval.compareTo(NEVER) > 0 ? NEVER : interval;
    options = options.withObjects(options.objects().withSyncInterval(countable));
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
    int shift = leafShiftOf(bytes);
    options = options.withMaps(options.maps().withFatBlockShift(shift));
    return this;
  }

  /** The power of two that a size of leaves is. */
  static int leafShiftOf(int bytes) {
    if (bytes < MIN_LEAF_BYTES || bytes > MAX_LEAF_BYTES || Integer.bitCount(bytes) != 1) {
      throw new IllegalArgumentException(
          "leafBytes="
              + bytes
              + ": has to be a power of two from "
              + MIN_LEAF_BYTES
              + " to "
              + MAX_LEAF_BYTES);
    }
    return Integer.numberOfTrailingZeros(bytes);
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
   * Whether the store is only read. It has to be there, then; no byte of its directory is changed,
   * which may be one without permission to write; any number of readers may have it open at a time,
   * in any number of processes, but no writer. Every change is a {@link
   * org.zapkv.error.ReadOnlyStoreException}. After a crash, what is in the intent log is put
   * together in memory, on the heap what the cache has no room for, each time it is opened.
   *
   * @param onlyRead true: the store is only read; the default is false
   * @return this builder
   */
  public ZapStoreBuilder readOnly(boolean onlyRead) {
    options = options.withReadOnly(onlyRead);
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
   * What a single change, and {@link Batch#commit()}, promises when it returns.
   *
   * @param durability not null; the default is {@link Durability#SYNC}
   * @return this builder
   */
  public ZapStoreBuilder durability(Durability durability) {
    options = options.withDurability(Objects.requireNonNull(durability, "durability"));
    return this;
  }

  /**
   * How blocks are compressed that are written from now on. Those that are there already are read
   * whichever way they were written. A store that was made before leaves could be packed stays
   * without packed ones.
   *
   * @param compression how; the default is {@link Compression#PACKED}
   * @return this builder
   */
  public ZapStoreBuilder compression(Compression compression) {
    Objects.requireNonNull(compression, "compression");
    options = options.withObjects(options.objects().withCompression(compression));
    return this;
  }

  /**
   * Whether the file gets smaller by itself. When nothing has been changed for an interval of
   * syncing ({@link #syncInterval}), and when the store is closed, blocks near the end of a file
   * that is more than about a fifth larger than what is in it are moved into the free space before,
   * at most 64 MiB at a time and some hundred MiB at the end, and the end is cut off. A crash
   * meanwhile does no harm. Stores of more than 4 GiB stay as they are until {@link
   * ZapStore#compact} is called.
   *
   * @param compact false: nothing is moved but by {@link ZapStore#compact}; the default is true
   * @return this builder
   */
  public ZapStoreBuilder autoCompact(boolean compact) {
    options = options.withObjects(options.objects().withAutoCompact(compact));
    return this;
  }

  /**
   * Whether a store is opened whose intent log is damaged, or gone, or belongs to another store. It
   * then has what is in its last group on disk and the commits before the damage; those after it
   * are given up for good, and a warning is logged. A log whose end was cut off by a crash, where
   * nothing had been durable yet, is not damaged: it never needs this.
   *
   * @param accept true: lose those commits; the default is false, and opening is refused
   * @return this builder
   */
  public ZapStoreBuilder acceptLogLoss(boolean accept) {
    options = options.withAcceptLogLoss(accept);
    return this;
  }

  /**
   * Whether other processes can read the store's statistics while it is open: {@code zap top} shows
   * them, and {@link PublishedStatistics#read} reads them. They are written into a file of 512
   * bytes in the directory of the store, about once a second, by a thread that does nothing else
   * and calls {@link ZapStore#statistics()}; the file is never flushed, and is removed when the
   * store is closed. If it cannot be written, the log says so, and the store goes on. Nothing is
   * published of a store that is open for reading only, or in memory.
   *
   * @param publish true: publish them; the default is false, so that a store that nothing happens
   *     in writes nothing
   * @return this builder
   */
  public ZapStoreBuilder publishStatistics(boolean publish) {
    options = options.withPublishing(publish);
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
    return StoreDirectory.open(directory, create, ioMode, options);
  }

  /**
   * Opens a new store in memory, as {@link ZapStore#inMemory()} does.
   *
   * @return the open store
   * @throws IllegalStateException if it should be {@link #readOnly}
   */
  public ZapStore inMemory() {
    if (options.readOnly()) {
      throw new IllegalStateException("readOnly: a new store in memory has nothing to be read");
    }
    return create(new MemoryDevice(), "in memory");
  }

  /**
   * Puts all that is left of a damaged store into a new one: every entry in a leaf that is whole,
   * whatever else is lost. Blocks that the tree does not lead to any more are looked for in the
   * whole file, by what they say of themselves; what is free according to the bitmaps is not taken,
   * as far as they can be read. Maps keep their options, and values their length, also those that
   * were written as streams. The damaged store is not changed; it must not be open for writing
   * anywhere.
   *
   * @param damaged the directory of the damaged store
   * @param target the directory of the new one, empty or not there
   * @param progress told how far it is, when the whole file has to be read
   * @return what was recovered, and what is known to be lost
   * @throws org.zapkv.error.NotAStoreException if there is no store to be salvaged
   * @throws org.zapkv.error.StoreLockedException if it is open
   * @throws org.zapkv.error.FormatTooNewException if a newer version wrote it
   * @throws IllegalStateException if the new one should be {@link #readOnly}
   * @throws org.zapkv.error.ZapException if there is a store in the target, or it cannot be written
   */
  public SalvageReport salvage(Path damaged, Path target, CheckListener progress) {
    Objects.requireNonNull(damaged, "damaged");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(progress, "progress");
    if (options.readOnly()) {
      throw new IllegalStateException("readOnly: what is salvaged is written into a new store");
    }
    return Salvage.run(damaged, target, this, progress);
  }

  /**
   * Smaller leaves than {@link #leafBytes} allows: a store with them does not take all keys and
   * values that it promises to, but has many leaves with few entries.
   */
  ZapStoreBuilder leafShift(int shift) {
    options = options.withMaps(options.maps().withFatBlockShift(shift));
    return this;
  }

  /** What the store takes from outside besides its devices. */
  ZapStoreBuilder surroundings(Surroundings surroundings) {
    options = options.withObjects(options.objects().withSurroundings(surroundings));
    return this;
  }

  /**
   * Where new maps get the salts of their hashes from: who gives it can have the same map twice.
   */
  ZapStoreBuilder saltSource(LongSupplier source) {
    options = options.withMaps(options.maps().withSaltSource(source));
    return this;
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
                  ? ObjectSet.create(device, options.objects())
                  : ObjectSet.create(device, logDevice, options.objects()));
      ZapStore.initialise(objects, options.maps());
      ZapStore store = new ZapStore(name, objects, options, devices);
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
    return open(device, logDevice, name, options, devices(device, logDevice));
  }

  /** Opens the store on devices; what is to be closed with it is closed if that fails, too. */
  static ZapStore open(
      BlockDevice device,
      @Nullable BlockDevice logDevice,
      String name,
      StoreOptions options,
      Closer devices) {
    try (Closer closer = new Closer()) {
      closer.add(devices);
      ObjectSet objects = closer.add(openObjects(device, logDevice, options));
      ZapStore store = new ZapStore(name, objects, options, devices);
      closer.handOver();
      // From here on closing the store closes the rest.
      closer.add(store);
      store.replayLog();
      store.life().resume();
      closer.handOver();
      return store;
    }
  }

  private static ObjectSet openObjects(
      BlockDevice device, @Nullable BlockDevice logDevice, StoreOptions options) {
    try {
      return options.readOnly()
          ? ObjectSet.openReadOnly(device, logDevice, options.objects())
          : ObjectSet.open(device, logDevice, options.objects());
    } catch (CorruptException e) {
      if (logDevice == null || !options.acceptLogLoss()) {
        throw e;
      }
      // If it is not the log that is damaged this fails as well.
      ObjectSet objects =
          ObjectSet.openWithNewLog(device, logDevice, options.objects(), options.readOnly());
      LOGGER.log(
          Level.WARNING,
          "the intent log {0} cannot be used ({1}); all commits that were only in it are given up",
          logDevice.name(),
          e.getMessage());
      return objects;
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
