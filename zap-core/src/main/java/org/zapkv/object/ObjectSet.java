// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.OverlayDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.ZapException;
import org.zapkv.log.IntentLog;
import org.zapkv.pool.Pool;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.pool.SyncSettings;
import org.zapkv.pool.Transaction;
import org.zapkv.pool.TransactionGroups;

/**
 * The objects of one store on one device, with the cache and the transaction groups that they
 * share. The device belongs to the caller, who closes it after the object set.
 *
 * <p>Safe for use from several threads. After {@link #close} every other method throws a {@link
 * ClosedException}, {@link #cache} excepted.
 */
public final class ObjectSet implements AutoCloseable {
  private static final int STANDARD_REGIONS = 0;

  /*
   * Implementation notes
   *
   * How the parts hang together. The cache is made first, with an EarlyWriter that knows nothing
   * yet; then the pool, which takes its memory from the cache; then the transaction groups, which
   * call ObjectSync to write a group; then the context that all objects share. The syncing thread
   * starts last. Closing goes the other way round: the groups sync and stop, then memory goes back.
   */

  private final BufferCache cache;
  private final Pool pool;
  private final @Nullable IntentLog log;
  private final TransactionGroups groups;
  private final ObjectTable table = new ObjectTable();
  private final ObjectContext context;
  private final MetaObject meta;
  private final ObjectNumbers numbers;
  private final ObjectSync objectSync;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ObjectSet(
      BufferCache cache,
      Pool pool,
      @Nullable IntentLog log,
      EarlyWriter earlyWriter,
      ObjectSetOptions options,
      boolean readOnly) {
    this.cache = cache;
    this.pool = pool;
    this.log = log;
    this.objectSync = new ObjectSync(table);
    SyncSettings settings =
        new SyncSettings(
            options.syncInterval(),
            options.effectiveDirtyLimitBytes(),
            readOnly,
            options.surroundings().background());
    // What is replayed for reading only does not stay, so the log does not move on either.
    this.groups = new TransactionGroups(pool, objectSync, settings, readOnly ? null : log);
    if (log != null) {
      log.onFailure(groups::fail);
    }
    this.context = new ObjectContext(cache, pool, groups, table);
    this.meta = new MetaObject(context, decodeRoot(cache, pool));
    this.numbers = new ObjectNumbers(meta);
    table.onEnd(this::endOfObject);
    objectSync.start(context, meta, options.autoCompact());
    earlyWriter.start(context);
    groups.start();
  }

  private void endOfObject(long objectId) {
    try {
      /* Blocks that somebody looked at after the object was destroyed. */
      cache.dropObject(objectId);
    } catch (ClosedException e) {
      /* The last handle is closed after the store: nobody needs the number any more. */
      return;
    }
    numbers.reclaim(objectId);
  }

  private static Dnode decodeRoot(BufferCache cache, Pool pool) {
    try (IoMemory memory = cache.allocateIo(Pool.ROOT_BYTES)) {
      NativeMemory.copyFromArray(pool.committedRoot(), 0, memory.address(), Pool.ROOT_BYTES);
      Dnode dnode = Dnode.decode(memory.address(), MetaObject.OBJECT_ID);
      if (dnode == null
          || dnode.type() != ObjectType.META
          || dnode.blockBytes() != DnodeLayout.META_BLOCK_BYTES) {
        throw new CorruptException(
            MetaObject.OBJECT_ID,
            CorruptException.NONE,
            CorruptException.NONE,
            "the uberblock of " + pool.deviceName() + " has no meta object");
      }
      return dnode;
    }
  }

  private static byte[] rootOfNewStore(BufferCache cache) {
    byte[] root = new byte[Pool.ROOT_BYTES];
    try (IoMemory memory = cache.allocateIo(Pool.ROOT_BYTES)) {
      Dnode.ofNewObject(ObjectType.META, DnodeLayout.META_BLOCK_BYTES, 1).encode(memory.address());
      NativeMemory.copyToArray(memory.address(), root, 0, root.length);
    }
    return root;
  }

  private static BufferCache newCache(EarlyWriter earlyWriter, ObjectSetOptions options) {
    return BufferCache.builder()
        .budgetBytes(options.cacheBytes())
        .initPolicy(options.initPolicy())
        .traceHolds(options.traceHolds())
        .waitTimeout(options.waitTimeout())
        .dirtyWriter(earlyWriter)
        .background(options.surroundings().background())
        .build();
  }

  private static UUID newStoreId(Surroundings surroundings) {
    return surroundings.background()
        ? UUID.randomUUID()
        : new UUID(surroundings.chance().getAsLong(), surroundings.chance().getAsLong());
  }

  /** Makes or opens the pool. */
  private interface PoolMaker {
    Pool make(BufferCache cache);
  }

  /** Makes or opens the intent log. */
  private interface LogMaker {
    @Nullable IntentLog make(BufferCache cache, Pool pool);
  }

  private static ObjectSet start(
      ObjectSetOptions options, boolean readOnly, PoolMaker poolMaker, LogMaker logMaker) {
    EarlyWriter earlyWriter = new EarlyWriter();
    BufferCache cache = newCache(earlyWriter, options);
    Pool pool = null;
    IntentLog log = null;
    try {
      pool = poolMaker.make(cache);
      pool.compressWith(options.compression(), options.packing());
      log = logMaker.make(cache, pool);
      if (!options.surroundings().background()) {
        pool.writeInTurn();
        if (log != null) {
          log.workInTurn(options.surroundings().chance());
        }
      }
      return new ObjectSet(cache, pool, log, earlyWriter, options, readOnly);
    } catch (Throwable e) {
      if (log != null) {
        log.close();
      }
      if (pool != null) {
        pool.close();
      }
      cache.close();
      throw e;
    }
  }

  /**
   * Makes an empty store on a device, without an intent log; it is durable on return.
   *
   * @param device the device; what is on it is lost, but it must not hold a store
   * @param options how the object set works
   * @return the open object set
   * @throws org.zapkv.error.ZapException if there is a store on the device already
   * @throws org.zapkv.error.DeviceException if the device cannot be written
   */
  public static ObjectSet create(BlockDevice device, ObjectSetOptions options) {
    return create(device, null, options, STANDARD_REGIONS);
  }

  /**
   * Makes an empty store and its intent log; they are durable on return.
   *
   * @param device the device of the blocks; what is on it is lost, but it must not hold a store
   * @param logDevice the device of the log; what is on it is lost
   * @param options how the object set works
   * @return the open object set
   * @throws org.zapkv.error.ZapException if there is a store on the device already
   * @throws org.zapkv.error.DeviceException if a device cannot be written
   */
  public static ObjectSet create(
      BlockDevice device, BlockDevice logDevice, ObjectSetOptions options) {
    return create(device, logDevice, options, STANDARD_REGIONS);
  }

  /** Without a log and with regions of another size, so that a test reaches the second one soon. */
  static ObjectSet create(BlockDevice device, ObjectSetOptions options, int regionShift) {
    return create(device, null, options, regionShift);
  }

  private static ObjectSet create(
      BlockDevice device,
      @Nullable BlockDevice logDevice,
      ObjectSetOptions options,
      int regionShift) {
    return start(
        options,
        false,
        cache ->
            Pool.create(
                device,
                cache,
                options.surroundings().clock(),
                newStoreId(options.surroundings()),
                regionShift,
                logDevice != null,
                rootOfNewStore(cache)),
        (cache, pool) ->
            logDevice == null ? null : IntentLog.create(logDevice, cache, pool.storeId()));
  }

  /**
   * Opens the store on a device, in the state of the newest durable transaction group.
   *
   * @param device the device
   * @param options how the object set works
   * @return the open object set
   * @throws org.zapkv.error.NotAStoreException if there is no store on the device
   * @throws org.zapkv.error.FormatTooNewException if the store uses what this version does not know
   * @throws org.zapkv.error.CorruptException if the head of the store is damaged
   */
  public static ObjectSet open(BlockDevice device, ObjectSetOptions options) {
    return open(device, null, options);
  }

  /**
   * As {@link #open(BlockDevice, ObjectSetOptions)}, with the intent log. What is in the log and
   * not in that state is for the caller to replay, before any other change.
   *
   * @param device the device of the blocks
   * @param logDevice the device of the log
   * @param options how the object set works
   * @return the open object set
   */
  public static ObjectSet open(
      BlockDevice device, @Nullable BlockDevice logDevice, ObjectSetOptions options) {
    return open(device, logDevice, options, false);
  }

  /**
   * Opens the store on a device for reading: no byte of the devices is changed. Transactions can be
   * had all the same, for the replay of the intent log, but what they change stays in memory.
   *
   * @param device the device of the blocks
   * @param logDevice the device of the log
   * @param options how the object set works
   * @return the open object set
   */
  public static ObjectSet openReadOnly(
      BlockDevice device, @Nullable BlockDevice logDevice, ObjectSetOptions options) {
    return open(
        new OverlayDevice(device),
        logDevice == null ? null : new OverlayDevice(logDevice),
        options,
        true);
  }

  private static ObjectSet open(
      BlockDevice device,
      @Nullable BlockDevice logDevice,
      ObjectSetOptions options,
      boolean readOnly) {
    return start(
        options,
        readOnly,
        cache -> Pool.open(device, cache, options.surroundings().clock(), !readOnly),
        (cache, pool) -> openLog(logDevice, cache, pool));
  }

  private static @Nullable IntentLog openLog(
      @Nullable BlockDevice logDevice, BufferCache cache, Pool pool) {
    if (logDevice != null) {
      return IntentLog.open(logDevice, cache, pool.storeId(), pool.committedLog());
    }
    if (pool.hasLog()) {
      throw new NotAStoreException(
          pool.deviceName()
              + " belongs to a store with an intent log, which is not there: without it commits"
              + " would be lost silently; bring it back, or salvage the store");
    }
    return null;
  }

  /**
   * As {@link #open(BlockDevice, ObjectSetOptions)}, with an intent log that is made anew: what was
   * in it is lost.
   *
   * @param device the device of the blocks
   * @param logDevice the device of the log
   * @param options how the object set works
   * @param readOnly whether it is as in {@link #openReadOnly}: then the log stays as it is
   * @return the open object set
   */
  public static ObjectSet openWithNewLog(
      BlockDevice device, BlockDevice logDevice, ObjectSetOptions options, boolean readOnly) {
    BlockDevice blocks = readOnly ? new OverlayDevice(device) : device;
    BlockDevice newLog = readOnly ? new OverlayDevice(logDevice) : logDevice;
    return start(
        options,
        readOnly,
        cache -> Pool.open(blocks, cache, options.surroundings().clock(), !readOnly),
        (cache, pool) -> IntentLog.create(newLog, cache, pool.storeId()));
  }

  /**
   * The intent log.
   *
   * @return the log, which belongs to the object set; null for a store without one
   */
  public @Nullable IntentLog log() {
    return log;
  }

  /**
   * Begins a transaction. Waits while the group is being switched, and while far more has been
   * changed than was written.
   *
   * @param expectedBytes about how many bytes of blocks the transaction will change, at most
   * @return the transaction, to be closed by the caller on this thread
   * @throws org.zapkv.error.StoreFullException if the device has no room for that; nothing changed
   * @throws org.zapkv.error.StoreFailedException if the store has failed before
   * @throws org.zapkv.error.ClosedException if the object set is closed
   */
  public Transaction begin(long expectedBytes) {
    if (expectedBytes < 0) {
      throw new IllegalArgumentException("expectedBytes=" + expectedBytes + " is negative");
    }
    checkOpen();
    return groups.begin(expectedBytes, false);
  }

  /**
   * Begins a transaction that will free more than it writes: it goes on a little longer on a full
   * device.
   *
   * @param expectedBytes about how many bytes of blocks the transaction will change, at most: until
   *     it is durable they take room beside what it frees
   * @return the transaction, to be closed by the caller on this thread
   * @throws org.zapkv.error.StoreFullException if the device has no room even for that
   * @throws org.zapkv.error.StoreFailedException if the store has failed before
   * @throws org.zapkv.error.ClosedException if the object set is closed
   */
  public Transaction beginFreeing(long expectedBytes) {
    if (expectedBytes < 0) {
      throw new IllegalArgumentException("expectedBytes=" + expectedBytes + " is negative");
    }
    checkOpen();
    return groups.begin(expectedBytes, true);
  }

  /**
   * Takes back what a transaction has changed, which must get on even if all of the cache is dirty
   * and cannot be written: may use the cache's reserve. On the caller's thread.
   *
   * @param action changes blocks back
   */
  public void takeBack(Runnable action) {
    cache.withReserve(action);
  }

  /**
   * Makes a change beside which there is no other, and which is durable before there is another one
   * and when this returns. Others wait for a moment.
   *
   * @param expectedBytes about how many bytes of blocks it will change at most
   * @param freeing whether it will free more than it writes
   * @param change makes it; if it throws, it has undone what it did, or failed the store. It must
   *     not wait for anybody who begins a transaction
   * @throws org.zapkv.error.StoreFullException if the device has no room; thrown after the change
   *     was made, too: it then is durable before anything else can be changed
   * @throws org.zapkv.error.StoreFailedException if the store has failed before, or now
   * @throws org.zapkv.error.ClosedException if the object set is closed
   * @throws IllegalStateException if called from the visitor or listener of a call that pauses
   *     syncing
   */
  public void changeAlone(long expectedBytes, boolean freeing, Consumer<Transaction> change) {
    checkOpen();
    groups.changeAlone(expectedBytes, freeing, change);
  }

  /**
   * Makes an object.
   *
   * @param type what it will be used for
   * @param blockSizeBytes the size of its blocks, a multiple of 512, at most 1 MiB
   * @param tx the transaction that the change belongs to
   * @return a handle of the object
   */
  public DataObject create(ObjectType type, int blockSizeBytes, Transaction tx) {
    if (!TreeShape.isBlockSize(blockSizeBytes)) {
      throw new IllegalArgumentException("impossible block size " + blockSizeBytes);
    }
    checkOpen();
    long objectId = numbers.take();
    ObjectNode node = table.acquire(objectId, id -> new ObjectNode(context, id));
    node.create(type, blockSizeBytes, tx.group());
    return new DataObject(table, node);
  }

  /**
   * Opens an object.
   *
   * @param objectId the object's number
   * @return a handle of the object
   * @throws org.zapkv.error.CorruptException if there is no such object, or its dnode is damaged
   */
  public DataObject open(long objectId) {
    checkOpen();
    return new DataObject(table, acquire(objectId));
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new ClosedException("the store on " + pool.deviceName() + " is closed");
    }
  }

  private ObjectNode acquire(long objectId) {
    ObjectNode node = meta.acquire(objectId);
    if (node == null) {
      throw noSuchObject(objectId);
    }
    return node;
  }

  private static CorruptException noSuchObject(long objectId) {
    return new CorruptException(
        objectId, CorruptException.NONE, CorruptException.NONE, "there is no such object");
  }

  /**
   * Destroys an object: its space is freed with the transaction's group, its number is used again
   * after that, once every handle is closed. Handles that are still open refuse further use, but
   * for closing.
   *
   * @param objectId the object's number
   * @param tx the transaction that the change belongs to
   * @throws org.zapkv.error.CorruptException if there is no such object
   */
  public void destroy(long objectId, Transaction tx) {
    checkOpen();
    ObjectNode node = acquire(objectId);
    try {
      numbers.destroyed(objectId);
      node.destroy(tx);
    } finally {
      table.release(node);
    }
  }

  /**
   * The transaction group that takes changes.
   *
   * @return the group's number
   */
  public long openGroup() {
    checkOpen();
    return groups.openGroup();
  }

  /**
   * The newest durable transaction group.
   *
   * @return the group's number
   */
  public long syncedGroup() {
    checkOpen();
    return groups.syncedGroup();
  }

  /** Has the open group synced soon, without waiting for it. */
  public void requestSync() {
    checkOpen();
    groups.requestSync();
  }

  /**
   * Refuses when no more changes are taken.
   *
   * @throws org.zapkv.error.StoreFailedException if an earlier write failed
   */
  public void checkUsable() {
    checkOpen();
    groups.checkUsable();
  }

  /**
   * Waits until a group is durable; one that is still open is synced for it. Must not be called by
   * a thread that has a transaction open.
   *
   * @param group the group
   * @throws org.zapkv.error.StoreFailedException if it could not be written
   */
  public void awaitSynced(long group) {
    checkOpen();
    groups.awaitSynced(group);
  }

  /**
   * Makes everything changed before this call durable. Must not be called by a thread that has a
   * transaction open.
   *
   * @throws org.zapkv.error.StoreFailedException if it could not be written
   */
  public void sync() {
    checkOpen();
    groups.sync();
  }

  /**
   * Refuses all further changes, because what is in memory is not whole: the open group is never
   * written, so what is durable stays as it is.
   *
   * @param what what happened, for the message of those who are refused
   * @param cause what it was caused by
   */
  public void fail(String what, Throwable cause) {
    groups.fail(new ZapException(what, cause));
  }

  /**
   * The cache that the blocks are in.
   *
   * @return the cache; it belongs to the object set
   */
  public BufferCache cache() {
    return cache;
  }

  /**
   * Figures of space and transaction groups.
   *
   * @return the figures of this moment
   */
  public PoolStatistics statistics() {
    checkOpen();
    return pool.statistics(groups.openGroup(), groups.dirtyBytes());
  }

  /**
   * Begins to make the device as small as it gets, while the store is in use. Nothing happens
   * before its first step. One at a time.
   *
   * @return the compaction, to be used by one thread
   */
  public Compaction compaction() {
    checkOpen();
    return new Compaction(context, meta, objectSync);
  }

  /**
   * Begins to read and verify every copy of every block, and to mend what can be mended, while the
   * store is in use. Nothing happens before its first step.
   *
   * @return the scrub, to be used by one thread
   */
  public Scrub scrub() {
    checkOpen();
    return new Scrub(context, meta);
  }

  /**
   * Visits every object of the state that was synced last, in the order of their numbers. Syncing
   * pauses meanwhile.
   *
   * @param visitor is told of each
   */
  public void forEachObject(ObjectVisitor visitor) {
    checkOpen();
    walk(new ObjectLister(visitor));
  }

  /** Walks over the state that was synced last. */
  void walk(StoreWalker.Visitor visitor) {
    groups.pauseSync();
    try (StoreWalker walker = new StoreWalker(cache, pool, visitor)) {
      walker.walk();
    } finally {
      groups.resumeSync();
    }
  }

  /**
   * Reads and verifies every block of the state that was synced last, from the device, and compares
   * the space they take with what is marked as used. Syncing pauses meanwhile. Damage is listed in
   * the report, not thrown.
   *
   * @param progress is told how far the check has come
   * @return what was found
   */
  public CheckReport check(CheckProgress progress) {
    checkOpen();
    groups.pauseSync();
    try (StoreCheck check = new StoreCheck(cache, pool, progress)) {
      return check.run();
    } finally {
      groups.resumeSync();
    }
  }

  /**
   * Makes every change durable and ends. Waits for transactions that are open; must not be called
   * by a thread that has one, nor while another call is inside, but for those that read without a
   * hold: their memory stays mapped. Closing twice does nothing.
   *
   * @throws org.zapkv.error.StoreFailedException if the last changes could not be written, unless
   *     an earlier failure has been reported already
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      groups.close();
    } finally {
      objectSync.close();
      if (log != null) {
        log.close();
      }
      pool.close();
      // Not at once: a point read of a map asks nobody before it reads, and may be at it still.
      cache.close();
    }
  }
}
