// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.CacheStats;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.zap.ZapActivity;

/** Published statistics as the bytes of their file, and back. */
final class StatisticsImage {
  private StatisticsImage() {}

  /** The bytes of the file. */
  static byte[] of(PublishedStatistics published) {
    byte[] bytes = new byte[StatisticsLayout.FILE_BYTES];
    ByteBuffer to = buffer(bytes);
    to.putLong(StatisticsLayout.MAGIC, StatisticsLayout.MAGIC_VALUE);
    to.putInt(StatisticsLayout.VERSION, StatisticsLayout.VERSION_VALUE);
    to.putLong(StatisticsLayout.PROCESS_ID, published.processId());
    to.putLong(StatisticsLayout.OPENED, published.opened().toEpochMilli());
    to.putLong(StatisticsLayout.PUBLISHED, published.published().toEpochMilli());
    to.putLong(StatisticsLayout.SEQUENCE, published.sequence());
    to.putLong(StatisticsLayout.CLOSING, published.closing() ? 1 : 0);
    UUID storeId = published.statistics().pool().storeId();
    to.putLong(StatisticsLayout.STORE_ID_HIGH, storeId.getMostSignificantBits());
    to.putLong(StatisticsLayout.STORE_ID_LOW, storeId.getLeastSignificantBits());
    to.position(StatisticsLayout.FIGURES);
    putFigures(published.statistics(), to);
    to.putInt(
        StatisticsLayout.FIGURE_COUNT, (to.position() - StatisticsLayout.FIGURES) / Long.BYTES);
    to.putLong(StatisticsLayout.CHECKSUM, checksum(bytes));
    return bytes;
  }

  /** What is wrong with the bytes of a file, of whatever version; null: nothing. */
  static @Nullable String problem(byte[] bytes) {
    if (bytes.length != StatisticsLayout.FILE_BYTES) {
      return "it has " + bytes.length + " bytes and not " + StatisticsLayout.FILE_BYTES;
    }
    ByteBuffer from = buffer(bytes);
    if (from.getLong(StatisticsLayout.MAGIC) != StatisticsLayout.MAGIC_VALUE) {
      return "it does not begin as one";
    }
    return from.getLong(StatisticsLayout.CHECKSUM) == checksum(bytes)
        ? null
        : "its checksum is wrong";
  }

  /** The version of a file that has no problem. */
  static int version(byte[] bytes) {
    return buffer(bytes).getInt(StatisticsLayout.VERSION);
  }

  /** What a file says that has no problem and is of this version. */
  static PublishedStatistics read(byte[] bytes) {
    ByteBuffer from = buffer(bytes);
    UUID storeId =
        new UUID(
            from.getLong(StatisticsLayout.STORE_ID_HIGH),
            from.getLong(StatisticsLayout.STORE_ID_LOW));
    from.position(StatisticsLayout.FIGURES);
    return new PublishedStatistics(
        from.getLong(StatisticsLayout.PROCESS_ID),
        Instant.ofEpochMilli(from.getLong(StatisticsLayout.OPENED)),
        Instant.ofEpochMilli(from.getLong(StatisticsLayout.PUBLISHED)),
        from.getLong(StatisticsLayout.SEQUENCE),
        from.getLong(StatisticsLayout.CLOSING) != 0,
        new StoreStatistics(
            (int) from.getLong(), pool(storeId, from), cache(from), log(from), activity(from)));
  }

  private static void putFigures(StoreStatistics statistics, ByteBuffer to) {
    to.putLong(statistics.mapCount());
    put(statistics.pool(), to);
    put(statistics.cache(), to);
    put(statistics.log(), to);
    put(statistics.activity(), to);
  }

  private static void put(PoolStatistics pool, ByteBuffer to) {
    to.putLong(pool.deviceBytes()).putLong(pool.allocatedBytes()).putLong(pool.freeBytes());
    to.putLong(pool.pendingFreeBytes()).putLong(pool.reclaimableBytes());
    to.putLong(pool.growableBytes()).putLong(pool.openGroup()).putLong(pool.syncedGroup());
    to.putLong(pool.dirtyBytes()).putLong(pool.writtenBytes()).putLong(pool.movedBytes());
    to.putLong(pool.mendedCopies());
  }

  private static PoolStatistics pool(UUID storeId, ByteBuffer from) {
    return new PoolStatistics(
        storeId,
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong());
  }

  private static void put(CacheStats cache, ByteBuffer to) {
    to.putLong(cache.budgetBytes()).putLong(cache.usedBytes()).putLong(cache.peakUsedBytes());
    to.putLong(cache.cachedBytes()).putLong(cache.dirtyBytes()).putLong(cache.frozenBytes());
    to.putLong(cache.userBytes()).putLong(cache.ioBytes()).putLong(cache.hits());
    to.putLong(cache.misses()).putLong(cache.evictions()).putLong(cache.userEvictions());
    to.putLong(cache.outstandingHolds()).putLong(cache.throttleCount());
    to.putLong(cache.throttleNanos()).putLong(cache.writeOuts()).putLong(cache.freedInFlight());
    to.putLong(cache.userReuses()).putLong(cache.userFailures()).putLong(cache.retiredBytes());
    to.putLong(cache.prefetches()).putLong(cache.prefetchesUsed());
    to.putLong(cache.prefetchesDropped());
  }

  private static CacheStats cache(ByteBuffer from) {
    return new CacheStats(
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong());
  }

  private static void put(LogStatistics log, ByteBuffer to) {
    to.putLong(log.usedBytes()).putLong(log.lastSequence()).putLong(log.durableSequence());
    to.putLong(log.replayedRecords()).putLong(log.tornTail() ? 1 : 0);
  }

  private static LogStatistics log(ByteBuffer from) {
    return new LogStatistics(
        from.getLong(), from.getLong(), from.getLong(), from.getLong(), from.getLong() != 0);
  }

  private static void put(ZapActivity activity, ByteBuffer to) {
    to.putLong(activity.conversions()).putLong(activity.splits()).putLong(activity.merges());
    to.putLong(activity.growthSteps()).putLong(activity.reductions());
    to.putLong(activity.leafReuses());
  }

  private static ZapActivity activity(ByteBuffer from) {
    return new ZapActivity(
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        from.getLong());
  }

  private static long checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, StatisticsLayout.CHECKSUM);
    return crc.getValue();
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
