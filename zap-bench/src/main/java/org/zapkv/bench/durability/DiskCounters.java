// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.zapkv.bench.report.Directories;

/**
 * What Linux has counted for all disks together, by whatever process. The counters of a process
 * ({@code write_bytes}) are of no use: they have a whole folio of the page cache, up to 2 MiB, for
 * each small write into it.
 *
 * @param writtenBytes what was written to the disks
 * @param flushes how often they were told to flush
 */
record DiskCounters(long writtenBytes, long flushes) {
  private static final Path DEVICES = Path.of("/proc/diskstats");
  private static final Path BLOCK_DEVICES = Path.of("/sys/block");

  /** The columns of a device: major, minor, name, and its counters. */
  private static final int NAME_COLUMN = 2;

  private static final int SECTORS_WRITTEN_COLUMN = 9;
  private static final int FLUSHES_COLUMN = 18;
  private static final long SECTOR_BYTES = 512;

  /** The counters of this moment. */
  static DiskCounters now() throws IOException {
    long sectors = 0;
    long flushes = 0;
    for (String line : Files.readAllLines(DEVICES)) {
      String[] columns = line.trim().split(" +", -1);
      if (columns.length > FLUSHES_COLUMN && isDisk(columns[NAME_COLUMN])) {
        sectors += Long.parseLong(columns[SECTORS_WRITTEN_COLUMN]);
        flushes += Long.parseLong(columns[FLUSHES_COLUMN]);
      }
    }
    return new DiskCounters(sectors * SECTOR_BYTES, flushes);
  }

  /** Partitions and stacked devices would count again what is in the counters of their disk. */
  private static boolean isDisk(String name) {
    return Files.exists(BLOCK_DEVICES.resolve(name).resolve("device"));
  }

  /** Those of the moment when all that is in the page cache has been written. */
  static DiskCounters afterSync() throws IOException, InterruptedException {
    Directories.syncAll();
    return now();
  }

  DiskCounters since(DiskCounters start) {
    return new DiskCounters(writtenBytes - start.writtenBytes, flushes - start.flushes);
  }
}
