// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.device.IoMode;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.DeviceException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.Surroundings;

/** The directory of a store: what files it has, how it comes into being, who has it open. */
final class StoreDirectory {
  /*
   * A new store is built in a file of another name, made durable, and then renamed: so a directory
   * either has a whole store or none, whenever the process dies. The log comes into being after the
   * file of that other name and is removed before it: so one that stands alone has lost its blocks.
   */

  static final String BLOCKS_FILE = "blocks.zap";
  static final String NEW_BLOCKS_FILE = "blocks.zap.new";
  static final String LOG_FILE = "intent.log";
  static final String STATISTICS_FILE = "stats.zap";

  private static final Set<String> OWN_FILES =
      Set.of(BLOCKS_FILE, NEW_BLOCKS_FILE, LOG_FILE, STATISTICS_FILE, DirectoryLock.LOCK_FILE);

  private StoreDirectory() {}

  static ZapStore open(Path directory, boolean create, IoMode ioMode, StoreOptions options) {
    boolean readOnly = options.readOnly();
    prepare(directory, create && !readOnly);
    try (Closer closer = new Closer()) {
      DirectoryLock lock = closer.add(DirectoryLock.acquire(directory, readOnly));
      Path blocks = directory.resolve(BLOCKS_FILE);
      if (!Files.exists(blocks)) {
        create(directory, options);
      }
      FileDevice device =
          closer.add(
              readOnly ? FileDevice.openReadOnly(blocks, ioMode) : FileDevice.open(blocks, ioMode));
      BlockDevice logDevice = closer.add(openLog(directory, options));
      Closer files = new Closer();
      files.add(lock);
      files.add(device);
      files.add(logDevice);
      closer.handOver();
      ZapStore store =
          ZapStoreBuilder.open(device, logDevice, directory.toString(), options, files);
      closer.add(store);
      if (!readOnly) {
        publish(directory, store, options, files);
      }
      closer.handOver();
      return store;
    }
  }

  /** Replaces the statistics that a process left that was killed; they go when the store does. */
  private static void publish(Path directory, ZapStore store, StoreOptions options, Closer files) {
    StatisticsPublisher.removeStale(directory);
    Surroundings surroundings = options.objects().surroundings();
    if (options.publishing() && surroundings.background()) {
      files.add(StatisticsPublisher.start(directory, store, surroundings.clock()));
    }
  }

  /**
   * The log is written a little at a time and flushed each time: past the page cache is no gain.
   */
  private static BlockDevice openLog(Path directory, StoreOptions options) {
    Path log = directory.resolve(LOG_FILE);
    boolean isThere = Files.exists(log);
    if (!isThere && !options.acceptLogLoss()) {
      throw new NotAStoreException(
          directory
              + " has a "
              + BLOCKS_FILE
              + " but no "
              + LOG_FILE
              + ", in which the last commits may be: bring it back, or open the store with"
              + " acceptLogLoss(true), on the command line --accept-log-loss, and lose them");
    }
    if (options.readOnly()) {
      return isThere ? FileDevice.openReadOnly(log) : new MemoryDevice();
    }
    FileDevice device = FileDevice.open(log);
    if (!isThere) {
      flushNew(device, directory);
    }
    return device;
  }

  /** Commits are going to be durable in a new log only if its name is. */
  private static void flushNew(FileDevice log, Path directory) {
    try {
      flushDirectory(directory);
    } catch (IOException e) {
      log.close();
      throw failed("cannot flush the directory", directory, e);
    }
  }

  /** Makes the directory, or sees to it that it is a store's or empty. */
  private static void prepare(Path directory, boolean create) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new NotAStoreException(
          directory + " is a file: a store is a directory; name another path");
    }
    if (Files.exists(directory.resolve(BLOCKS_FILE))) {
      return;
    }
    if (!create) {
      throw new NotAStoreException(
          directory + " holds no store (no file " + BLOCKS_FILE + " in it): check the path");
    }
    try {
      createDirectories(directory);
    } catch (IOException e) {
      throw failed("cannot create the directory", directory, e);
    }
    if (Files.exists(directory.resolve(LOG_FILE))
        && !Files.exists(directory.resolve(NEW_BLOCKS_FILE))) {
      throw new NotAStoreException(
          directory
              + " has an "
              + LOG_FILE
              + " but no "
              + BLOCKS_FILE
              + ": bring the file back, or name an empty or a new directory");
    }
    List<String> foreign = foreignFiles(directory);
    if (!foreign.isEmpty()) {
      throw new NotAStoreException(
          directory
              + " is no store and not empty (it has "
              + foreign.get(0)
              + "): name an empty or a new directory");
    }
  }

  private static void createDirectories(Path directory) throws IOException {
    Path whole = directory.toAbsolutePath();
    Path present = whole;
    while (!Files.exists(present) && present.getParent() != null) {
      present = present.getParent();
    }
    Files.createDirectories(directory);
    // A new directory has its name in the one above: what is in it is as durable as that.
    Path above = whole.getParent();
    while (above != null) {
      flushDirectory(above);
      above = present.startsWith(above) ? null : above.getParent();
    }
  }

  private static List<String> foreignFiles(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> !OWN_FILES.contains(file))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failed("cannot list the directory", directory, e);
    }
  }

  private static void create(Path directory, StoreOptions options) {
    Path blocks = directory.resolve(NEW_BLOCKS_FILE);
    Path log = directory.resolve(LOG_FILE);
    try {
      Files.deleteIfExists(log);
      Files.deleteIfExists(blocks);
    } catch (IOException e) {
      throw failed("cannot remove the remains of a creation that was cut off", blocks, e);
    }
    try (FileDevice device = FileDevice.open(blocks);
        FileDevice logDevice = FileDevice.open(log);
        ObjectSet objects = ObjectSet.create(device, logDevice, options.objects())) {
      ZapStore.initialise(objects, options.maps());
    }
    try {
      Files.move(blocks, directory.resolve(BLOCKS_FILE), StandardCopyOption.ATOMIC_MOVE);
      flushDirectory(directory);
    } catch (IOException e) {
      throw failed("cannot put the new store in place", blocks, e);
    }
  }

  /** Makes the names in a directory durable, where the system lets a directory be flushed. */
  private static void flushDirectory(Path directory) throws IOException {
    // A pending interrupt would close the channel.
    boolean interrupted = Thread.interrupted();
    try {
      forceDirectory(directory);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void forceDirectory(Path directory) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(directory, StandardOpenOption.READ);
    } catch (FileSystemException e) {
      return; // Windows has no such thing
    }
    try (channel) {
      channel.force(true);
    }
  }

  static DeviceException failed(String what, Path path, IOException cause) {
    String hint =
        cause instanceof AccessDeniedException
            ? ": no permission; check who owns it"
            : ": " + cause.getMessage();
    return new DeviceException(what + " " + path + hint, cause);
  }
}
