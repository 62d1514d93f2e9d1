// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.DeviceException;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.error.NotAStoreException;

/**
 * The figures of a store that another process has open, as that process published them last: about
 * once a second, if it was told to ({@link ZapStoreBuilder#publishStatistics}). A copy; any thread.
 *
 * <p>A process that was killed leaves its last figures behind, until the store is opened for
 * writing again: whoever reads twice, a few seconds apart, and finds the same sequence, reads what
 * was left, or of a process that does not get to run.
 *
 * @param processId the process that has the store open, by the number that it has for itself
 * @param opened when it opened the store, by its clock
 * @param published when it looked at these figures, by its clock
 * @param sequence how often it has published since it opened the store: 1, 2, ...
 * @param closing whether the store is being closed: the figures are those before that
 * @param statistics the figures
 */
public record PublishedStatistics(
    long processId,
    Instant opened,
    Instant published,
    long sequence,
    boolean closing,
    StoreStatistics statistics) {

  /** One that is being written meanwhile is whole very soon. */
  private static final int ATTEMPTS = 20;

  private static final long PAUSE_NANOS = 5_000_000;

  /**
   * Reads what is published of a store. Opens no store, takes no lock, and changes nothing.
   *
   * @param directory where the store is
   * @return the figures published last; empty if there are none: no process has the store open for
   *     writing, or it does not publish them
   * @throws NotAStoreException if there is no store
   * @throws DeviceException if the file cannot be read, or is not one with statistics, or is
   *     damaged, or was written by an older version
   * @throws FormatTooNewException if a newer version wrote it
   */
  public static Optional<PublishedStatistics> read(Path directory) {
    Objects.requireNonNull(directory, "directory");
    Path blocks = directory.resolve(StoreDirectory.BLOCKS_FILE);
    if (!Files.exists(blocks)) {
      throw new NotAStoreException(
          directory
              + " holds no store (no file "
              + StoreDirectory.BLOCKS_FILE
              + " in it): check the path");
    }
    Path file = directory.resolve(StoreDirectory.STATISTICS_FILE);
    String problem = "";
    for (int i = 0; i < ATTEMPTS; i++) {
      byte[] bytes = bytes(file);
      if (bytes == null) {
        return Optional.empty();
      }
      String found = StatisticsImage.problem(bytes);
      if (found == null) {
        checkVersion(file, StatisticsImage.version(bytes));
        return Optional.of(StatisticsImage.read(bytes));
      }
      problem = found;
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    throw new DeviceException(
        file
            + " is no file with the statistics of a store: "
            + problem
            + "; what is stored is not concerned: remove the file, a process that has the store"
            + " open writes it again");
  }

  /** What the file has, or null if it is not there; not more than tells that it is too long. */
  private static byte @Nullable [] bytes(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(StatisticsLayout.FILE_BYTES + 1);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw StoreDirectory.failed("cannot read the statistics", file, e);
    }
  }

  private static void checkVersion(Path file, int version) {
    if (version == StatisticsLayout.VERSION_VALUE) {
      return;
    }
    String message =
        file
            + " has statistics of version "
            + version
            + ", and this library reads version "
            + StatisticsLayout.VERSION_VALUE
            + ": use the version of Zap that the process has that opened the store";
    throw version > StatisticsLayout.VERSION_VALUE
        ? new FormatTooNewException(message)
        : new DeviceException(message);
  }
}
