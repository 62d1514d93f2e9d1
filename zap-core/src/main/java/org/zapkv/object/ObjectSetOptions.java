// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.pool.BlockPacking;
import org.zapkv.pool.Compression;

/**
 * How an object set works. Immutable; {@link #defaults()} is where to start, each {@code with}
 * method gives a copy with one thing changed.
 *
 * @param cacheBytes the budget of the buffer cache in bytes, at least 4 MiB
 * @param syncInterval how long changes wait before their group is synced by itself
 * @param dirtyLimitBytes how many bytes of changed blocks make a group sync early; 0 is about three
 *     eighths of the cache
 * @param waitTimeout how long to wait for memory before giving up
 * @param traceHolds whether every hold keeps the stack that took it, for leak reports; slow
 * @param initPolicy how the cache initialises its memory
 * @param compression how blocks are compressed that are written
 * @param packing how leaves of maps are packed, for reading those that are and for writing if the
 *     compression says so; null: not at all
 * @param autoCompact whether a device that could be much smaller is made so when there is nothing
 *     else to do
 * @param surroundings what the store takes from outside besides devices and calls
 */
public record ObjectSetOptions(
    long cacheBytes,
    Duration syncInterval,
    long dirtyLimitBytes,
    Duration waitTimeout,
    boolean traceHolds,
    InitPolicy initPolicy,
    Compression compression,
    @Nullable BlockPacking packing,
    boolean autoCompact,
    Surroundings surroundings) {

  /** The smallest budget of the cache, in bytes. */
  public static final long MIN_CACHE_BYTES = 4L << 20;

  /** Memory for other things than changed blocks; in small caches half is. */
  private static final long NEVER_DIRTY_BYTES = 16L << 20;

  private static final ObjectSetOptions DEFAULTS =
      new ObjectSetOptions(
          256L << 20,
          Duration.ofSeconds(5),
          0,
          Duration.ofSeconds(30),
          false,
          InitPolicy.defaultPolicy(),
          Compression.NONE,
          null,
          true,
          Surroundings.USUAL);

  /**
   * Options.
   *
   * @param cacheBytes the budget of the buffer cache in bytes, at least 4 MiB
   * @param syncInterval how long changes wait before their group is synced by itself
   * @param dirtyLimitBytes how many bytes of changed blocks make a group sync early; 0 is about
   *     three eighths of the cache
   * @param waitTimeout how long to wait for memory before giving up
   * @param traceHolds whether every hold keeps the stack that took it
   * @param initPolicy how the cache initialises its memory
   * @param compression how blocks are compressed that are written
   * @param packing how leaves of maps are packed, or null
   * @param autoCompact whether a device that could be much smaller is made so by itself
   * @param surroundings what the store takes from outside besides devices and calls
   * @throws IllegalArgumentException if a size or a duration is out of range
   */
  public ObjectSetOptions {
    if (cacheBytes < MIN_CACHE_BYTES) {
      throw new IllegalArgumentException(
          "cacheBytes=" + cacheBytes + " is below the least, " + MIN_CACHE_BYTES);
    }
    if (dirtyLimitBytes < 0) {
      throw new IllegalArgumentException("dirtyLimitBytes=" + dirtyLimitBytes + " is negative");
    }
    if (syncInterval.isNegative() || syncInterval.isZero()) {
      throw new IllegalArgumentException("syncInterval=" + syncInterval + " is not above zero");
    }
    if (waitTimeout.isNegative()) {
      throw new IllegalArgumentException("waitTimeout=" + waitTimeout + " is negative");
    }
  }

  /**
   * The options that fit when nothing else is said: 256 MiB of cache, a sync every 5 s.
   *
   * @return the default options
   */
  public static ObjectSetOptions defaults() {
    return DEFAULTS;
  }

  /**
   * A copy with another cache budget.
   *
   * @param bytes the budget of the buffer cache in bytes, at least {@link #MIN_CACHE_BYTES}
   * @return the copy
   */
  public ObjectSetOptions withCacheBytes(long bytes) {
    Draft draft = new Draft(this);
    draft.cacheBytes = bytes;
    return draft.finish();
  }

  /**
   * A copy with another sync interval.
   *
   * @param interval how long changes wait before their group is synced by itself, above zero
   * @return the copy
   */
  public ObjectSetOptions withSyncInterval(Duration interval) {
    Draft draft = new Draft(this);
    draft.syncInterval = interval;
    return draft.finish();
  }

  /**
   * A copy with another dirty limit.
   *
   * @param bytes how many bytes of changed blocks make a group sync early, 0: about three eighths
   *     of the cache
   * @return the copy
   */
  public ObjectSetOptions withDirtyLimitBytes(long bytes) {
    Draft draft = new Draft(this);
    draft.dirtyLimitBytes = bytes;
    return draft.finish();
  }

  /**
   * A copy with another wait timeout.
   *
   * @param timeout how long to wait for memory before giving up
   * @return the copy
   */
  public ObjectSetOptions withWaitTimeout(Duration timeout) {
    Draft draft = new Draft(this);
    draft.waitTimeout = timeout;
    return draft.finish();
  }

  /**
   * A copy that does or does not trace holds.
   *
   * @param trace whether every hold keeps the stack that took it
   * @return the copy
   */
  public ObjectSetOptions withTraceHolds(boolean trace) {
    Draft draft = new Draft(this);
    draft.traceHolds = trace;
    return draft.finish();
  }

  /**
   * A copy with another initialisation policy.
   *
   * @param policy how the cache initialises its memory
   * @return the copy
   */
  public ObjectSetOptions withInitPolicy(InitPolicy policy) {
    Draft draft = new Draft(this);
    draft.initPolicy = policy;
    return draft.finish();
  }

  /**
   * A copy that compresses in another way.
   *
   * @param newCompression how blocks are compressed that are written
   * @return the copy
   */
  public ObjectSetOptions withCompression(Compression newCompression) {
    Draft draft = new Draft(this);
    draft.compression = newCompression;
    return draft.finish();
  }

  /**
   * A copy that knows how leaves of maps are packed.
   *
   * @param newPacking how; only with it can packed leaves be read
   * @return the copy
   */
  public ObjectSetOptions withPacking(BlockPacking newPacking) {
    Draft draft = new Draft(this);
    draft.packing = newPacking;
    return draft.finish();
  }

  /**
   * A copy that does or does not make the device smaller by itself.
   *
   * @param compact whether a device that could be much smaller is made so when there is nothing
   *     else to do
   * @return the copy
   */
  public ObjectSetOptions withAutoCompact(boolean compact) {
    Draft draft = new Draft(this);
    draft.autoCompact = compact;
    return draft.finish();
  }

  /**
   * Other surroundings.
   *
   * @param others what the store takes from outside
   * @return the changed options
   */
  public ObjectSetOptions withSurroundings(Surroundings others) {
    Draft draft = new Draft(this);
    draft.surroundings = others;
    return draft.finish();
  }

  /**
   * The dirty limit that applies. By itself it is such that what is dirty at most, almost twice as
   * much, leaves a third of the cache for the blocks above it and for what is being read. With
   * less, writers more often have to look for memory themselves.
   *
   * @return bytes, above 0
   */
  public long effectiveDirtyLimitBytes() {
    if (dirtyLimitBytes != 0) {
      return dirtyLimitBytes;
    }
    return Math.max(cacheBytes / 4, (cacheBytes - NEVER_DIRTY_BYTES) / 5 * 2);
  }

  /** Options on their way to be others, so that only this knows all of them. */
  private static final class Draft {
    private long cacheBytes;
    private Duration syncInterval;
    private long dirtyLimitBytes;
    private Duration waitTimeout;
    private boolean traceHolds;
    private InitPolicy initPolicy;
    private Compression compression;
    private @Nullable BlockPacking packing;
    private boolean autoCompact;
    private Surroundings surroundings;

    Draft(ObjectSetOptions from) {
      cacheBytes = from.cacheBytes;
      syncInterval = from.syncInterval;
      dirtyLimitBytes = from.dirtyLimitBytes;
      waitTimeout = from.waitTimeout;
      traceHolds = from.traceHolds;
      initPolicy = from.initPolicy;
      compression = from.compression;
      packing = from.packing;
      autoCompact = from.autoCompact;
      surroundings = from.surroundings;
    }

    ObjectSetOptions finish() {
      return new ObjectSetOptions(
          cacheBytes,
          syncInterval,
          dirtyLimitBytes,
          waitTimeout,
          traceHolds,
          initPolicy,
          compression,
          packing,
          autoCompact,
          surroundings);
    }
  }
}
