// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.ReadOnlyStoreException;
import org.zapkv.error.ZapException;
import org.zapkv.log.IntentLog;
import org.zapkv.object.Compaction;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectType;
import org.zapkv.object.Scrub;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapActivity;
import org.zapkv.zap.ZapParameters;

/**
 * A key-value store: named maps in one directory, or in memory.
 *
 * <pre>{@code
 * try (ZapStore store = ZapStore.open(Path.of("my-store"))) {
 *   ZapMap users = store.map("users");
 *   users.put("ada", "Ada Lovelace");
 *   System.out.println(users.getString("ada"));
 * }
 * }</pre>
 *
 * <p>Safe for use from many threads. A directory is open in one store at a time, in this process or
 * any other; or in any number of them that only read ({@link ZapStoreBuilder#readOnly}). To be
 * closed; a store that is not closed loses what its {@link Durability} lets it lose, by default
 * nothing. One that is not closed and cannot be reached any more, nor any map, batch or cursor of
 * it, is closed some time after the garbage collector has found that out, and the log ({@link
 * System.Logger}, a warning) says where it was opened.
 */
public final class ZapStore implements AutoCloseable {
  /** The object that holds the names of the maps: the first one of every store. */
  static final long ROOT_DIRECTORY = 1;

  private final String name;
  private final OperationGate gate;
  private final ObjectSet objects;
  private final ValueStore values;
  private final StoreOptions options;
  private final KeyStripes stripes = new KeyStripes();
  private final LargeBatches largeBatches = new LargeBatches();
  private final Callbacks callbacks = new Callbacks();
  private final CommitLog commitLog;
  private final MapTable maps;
  private final MapLife life;
  private final AutoCloseable releaseDirectory;

  /** Null where nothing happens but in the calls of one thread. */
  private final @Nullable OpenWatch watch;

  /** Held by whoever compacts the store. */
  private final ReentrantLock compactLock = new ReentrantLock();

  private final AtomicLong mapIds = new AtomicLong();

  private boolean closed;

  /** Whether the log was replayed; set before anyone else has the store. */
  private boolean replayed;

  ZapStore(String name, ObjectSet objects, StoreOptions options, AutoCloseable releaseDirectory) {
    this.name = name;
    this.gate = new OperationGate(name);
    this.objects = objects;
    this.values = new ValueStore(objects);
    this.options = options;
    this.commitLog = new CommitLog(objects);
    this.releaseDirectory = releaseDirectory;
    boolean background = options.objects().surroundings().background();
    this.maps = new MapTable(this, objects);
    this.life = new MapLife(this, maps, background);
    this.watch =
        background ? OpenWatch.begin(gate, "store " + name, releaseDirectory, objects) : null;
  }

  /**
   * Opens a store, or creates it if the directory does not exist or is empty.
   *
   * @param directory where the store is
   * @return the open store
   * @throws org.zapkv.error.StoreLockedException if it is open already; the message says where
   * @throws org.zapkv.error.NotAStoreException if the path is a file, or a directory that holds
   *     something else
   * @throws org.zapkv.error.FormatTooNewException if a newer version wrote it
   * @throws org.zapkv.error.CorruptException if it is damaged beyond opening
   * @throws org.zapkv.error.DeviceException if it cannot be read or, for a new one, written
   */
  public static ZapStore open(Path directory) {
    return builder().open(directory);
  }

  /**
   * A new, empty store that lives in memory, outside the Java heap, and is gone when it is closed.
   * It behaves as one on disk does.
   *
   * @return the open store
   */
  public static ZapStore inMemory() {
    return builder().inMemory();
  }

  /**
   * A builder, for the few options there are.
   *
   * @return a new builder with the defaults
   */
  public static ZapStoreBuilder builder() {
    return new ZapStoreBuilder();
  }

  /**
   * Comes before anything that changes the store.
   *
   * @throws ReadOnlyStoreException if it is open for reading only
   * @throws IllegalStateException in a function that is called under a key's stripe
   */
  void checkWritable() {
    callbacks.refuseInside("a change of the store");
    if (replayed && options.readOnly()) {
      throw new ReadOnlyStoreException(
          "store " + name + " is open for reading only: nothing was changed");
    }
  }

  /** Starts the intent log and makes the root directory of a new object set. */
  static void initialise(ObjectSet objects, ZapParameters maps) {
    IntentLog log = objects.log();
    if (log != null) {
      log.start();
    }
    try (Transaction tx = objects.begin(0);
        DataObject directory = objects.create(ObjectType.DIRECTORY, 512, tx)) {
      if (directory.objectId() != ROOT_DIRECTORY) {
        throw new IllegalStateException(
            "the first object of a new store has number " + directory.objectId());
      }
      Zap.create(directory, ZapParameters.DEFAULT.withSaltsOf(maps), tx).close();
    }
    objects.sync();
  }

  /**
   * Where the store is, for messages.
   *
   * @return the directory, or a word for a store in memory
   */
  public String name() {
    return name;
  }

  /**
   * The map of a name, created empty if there is none. The new map is durable with the first change
   * of it that is.
   *
   * @param mapName 1 to {@link ZapMap#MAX_NAME_BYTES} bytes of UTF-8
   * @return the map; the same one for the same name
   * @throws IllegalArgumentException if the name is empty or too long, or has no UTF-8 form
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if the map is damaged
   * @throws org.zapkv.error.StoreFullException if there is no room for a new map
   * @throws ReadOnlyStoreException if there is no such map, and the store is open for reading only
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public ZapMap map(String mapName) {
    ZapMap known = known(mapName);
    return known != null
        ? known
        : Objects.requireNonNull(lookUp(MapTable.checkName(mapName), mapName, true));
  }

  /**
   * The map of a name with objects for keys and values, created empty if there is none. Makes no
   * second map, and costs next to nothing; the codecs are not stored, so whoever opens a map
   * chooses those it was written with.
   *
   * @param <K> the keys
   * @param <V> the values
   * @param mapName as for {@link #map(String)}, with the same exceptions
   * @param keyCodec what turns keys into bytes, not null
   * @param valueCodec what turns values into bytes, not null; {@link Codec#longs} for values that
   *     are longs
   * @return the map
   */
  public <K, V> TypedMap<K, V> map(String mapName, Codec<K> keyCodec, Codec<V> valueCodec) {
    Objects.requireNonNull(keyCodec, "keyCodec");
    Objects.requireNonNull(valueCodec, "valueCodec");
    return new TypedMap<>(map(mapName), keyCodec, valueCodec);
  }

  /**
   * The map of a name, if there is one.
   *
   * @param mapName the name
   * @return the map
   * @throws NoSuchMapException if there is none; the message names those there are
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if the map is damaged
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public ZapMap existingMap(String mapName) {
    ZapMap known = known(mapName);
    if (known != null) {
      return known;
    }
    ZapMap found = lookUp(MapTable.checkName(mapName), mapName, false);
    if (found == null) {
      throw new NoSuchMapException(
          "no map \"" + mapName + "\" in store " + name + "; it has " + mapNames());
    }
    return found;
  }

  /**
   * The map of a name, created empty with options of its own if there is none; then it is durable
   * when this returns, and every other change of the store waits for a moment.
   *
   * @param mapName 1 to {@link ZapMap#MAX_NAME_BYTES} bytes of UTF-8
   * @param mapOptions how the map is built; what they do not say is not compared
   * @return the map; the same one for the same name
   * @throws org.zapkv.error.MapOptionsException if the map is there, and was made with others; the
   *     message names both
   * @throws IllegalArgumentException if the name is empty or too long, or has no UTF-8 form
   * @throws IllegalStateException if there is no such map, and the caller is the listener of a
   *     {@link #check}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if the map is damaged
   * @throws org.zapkv.error.StoreFullException if there is no room for a new map
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more
   * @throws ReadOnlyStoreException if there is no such map, and the store is open for reading only
   */
  public ZapMap map(String mapName, MapOptions mapOptions) {
    Objects.requireNonNull(mapName, "mapName");
    return life.map(mapName, Objects.requireNonNull(mapOptions, "mapOptions"));
  }

  /**
   * Drops a map: when this returns it is gone for good, with all its entries. Every change of the
   * store waits for a moment, a long batch is waited for. The space of what was in it becomes free
   * afterwards, in small steps beside what else happens, also after a crash; {@link #awaitFreed}
   * waits for that. What is in the map may be damaged: what a damaged part of it names stays in the
   * file, and a check tells of it.
   *
   * <p>Whoever has the map, a cursor of it, or a batch with changes of it, gets a {@link
   * org.zapkv.error.MapDroppedException}; also when there is a new map of the name.
   *
   * @param mapName the name
   * @throws NoSuchMapException if there is no such map; the message names those there are
   * @throws IllegalArgumentException if the name is empty or too long, or has no UTF-8 form
   * @throws IllegalStateException if called by the listener of a {@link #check}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if the directory of the store is damaged
   * @throws org.zapkv.error.StoreFullException if there is no room to write even that; where the
   *     disk turns out to be full when it is written, the map is gone, and that becomes durable
   *     before any other change can be made
   * @throws org.zapkv.error.StoreFailedException if it cannot be written; whether the map is there
   *     after the store was opened again is then unknown
   * @throws ReadOnlyStoreException if the store is open for reading only
   */
  public void dropMap(String mapName) {
    life.drop(Objects.requireNonNull(mapName, "mapName"));
  }

  /**
   * Gives a map another name, durably when this returns. Whoever has the map goes on with it under
   * the new name. Every change of the store waits for a moment, a long batch is waited for.
   *
   * @param from its name
   * @param to the name that it gets
   * @throws NoSuchMapException if there is no map of the first name
   * @throws org.zapkv.error.MapExistsException if there is one of the second, also if both are the
   *     same
   * @throws IllegalArgumentException if a name is empty or too long, or has no UTF-8 form
   * @throws IllegalStateException if called by the listener of a {@link #check}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if the directory of the store is damaged
   * @throws org.zapkv.error.StoreFullException if there is no room to write that; where the disk
   *     turns out to be full when it is written, the map has its new name, and that becomes durable
   *     before any other change can be made
   * @throws org.zapkv.error.StoreFailedException if it cannot be written; which name the map has
   *     after the store was opened again is then unknown
   * @throws ReadOnlyStoreException if the store is open for reading only
   */
  public void renameMap(String from, String to) {
    life.rename(Objects.requireNonNull(from, "from"), Objects.requireNonNull(to, "to"));
  }

  /**
   * Waits until all maps that were dropped or cleared before are freed, and helps with it. Their
   * space can be used again, and goes back to the file system, after the next {@link #sync}. What
   * is damaged is not waited for.
   *
   * @throws IllegalStateException if called by the listener of a {@link #check}
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.DeviceException if something cannot be read that has to be
   * @throws org.zapkv.error.CacheFullException if there is no memory for a block
   * @throws org.zapkv.error.StoreFullException if there is no room to write what was freed
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more
   */
  public void awaitFreed() {
    life.awaitFreed();
  }

  private @Nullable ZapMap known(String mapName) {
    gate.checkOpen();
    return maps.known(Objects.requireNonNull(mapName, "mapName"));
  }

  private @Nullable ZapMap lookUp(byte[] key, String mapName, boolean create) {
    // Who has mapsLock may wait for a transaction to begin, and so for that of the callback.
    callbacks.refuseInside("the first use of map \"" + mapName + "\"");
    int slot = gate.enter();
    try {
      return maps.lookUp(key, mapName, create);
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * What one change of a map may dirty, in bytes: two leaves, the header, a table block, and as
   * much of its overflow; or what it becomes when it is made fat, which is never more than eight
   * times the one or the other block.
   */
  static long changeBytes(DataObject object, ZapParameters parameters) {
    return 8L * Math.max(object.blockSizeBytes(), 1 << parameters.fatBlockShift());
  }

  /**
   * The names of all maps.
   *
   * @return a new list, sorted
   * @throws org.zapkv.error.ClosedException if the store is closed
   */
  public List<String> mapNames() {
    int slot = gate.enter();
    try {
      return maps.names();
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * A batch: changes over any number of maps that become durable together.
   *
   * @return a new, empty batch
   */
  public Batch batch() {
    return new Batch(this);
  }

  /**
   * Writes every change made so far, and waits until it is durable.
   *
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.StoreFailedException if writing fails, now or earlier
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public void sync() {
    callbacks.refuseInside("sync()");
    int slot = gate.enter();
    try {
      // Who is told "durable" after a change has failed would take that one for durable, too.
      objects.checkUsable();
      objects.sync();
    } finally {
      gate.exit(slot);
    }
    life.remains().wake();
  }

  /**
   * Waits until a commit is durable, and with it every earlier one. Has the log flushed if need be.
   *
   * @param sequence what {@link Batch#commit(Durability)} returned
   * @throws IllegalArgumentException if no commit had such a sequence
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.StoreFailedException if it can not become durable any more
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public void awaitDurable(long sequence) {
    callbacks.refuseInside("awaitDurable()");
    int slot = gate.enter();
    try {
      commitLog.awaitDurable(sequence);
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * The sequence up to which commits are durable.
   *
   * @return every commit whose sequence is at most this one is on disk
   */
  public long durableSequence() {
    int slot = gate.enter();
    try {
      return commitLog.durableSequence();
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * Figures of the store.
   *
   * @return the figures of some moment during the call
   * @throws org.zapkv.error.ClosedException if the store is closed
   */
  public StoreStatistics statistics() {
    int mapCount = mapNames().size();
    int slot = gate.enter();
    try {
      return new StoreStatistics(
          mapCount,
          objects.statistics(),
          objects.cache().stats(),
          commitLog.statistics(),
          activity());
    } finally {
      gate.exit(slot);
    }
  }

  /** Of a map that nobody has asked for nothing can have changed. */
  private ZapActivity activity() {
    ZapActivity sum = maps.root().activity();
    for (ZapMap map : maps.open()) {
      sum = sum.plus(map.zap().activity());
    }
    return sum;
  }

  /**
   * Reads and verifies everything: every block against its checksum, every map's structure, every
   * large value, and that each part of the file is used once or free. Takes as long as reading the
   * whole file; what is changed meanwhile waits in memory, and no map is dropped, renamed or
   * cleared. Never throws for damage.
   *
   * @param progress told how far it is
   * @return what was found
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.StoreFailedException if what is in memory cannot be written first
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public StoreCheckReport check(CheckListener progress) {
    Objects.requireNonNull(progress, "progress");
    callbacks.refuseInside("check()");
    int slot = gate.enter();
    try {
      objects.sync();
      life.lifeLock().lock();
      try {
        return new StoreChecker(this, progress).run();
      } finally {
        life.lifeLock().unlock();
      }
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * Makes the file as small as it gets: moves what lies near its end into free space before that,
   * in small steps while the store is in use, and cuts the end off. A crash meanwhile does no harm.
   * Ends with a {@link org.zapkv.error.ClosedException} soon after the store is closed by another
   * thread. A second call waits for the first one.
   *
   * @param progress told how far it is, between the steps
   * @return what it came to
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.StoreFullException if there is no room to move anything
   * @throws org.zapkv.error.StoreFailedException if what is in memory cannot be written
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public CompactReport compact(CompactListener progress) {
    Objects.requireNonNull(progress, "progress");
    callbacks.refuseInside("compact()");
    compactLock.lock();
    try {
      Compaction compaction = beginCompaction();
      while (stepInside(compaction)) {
        progress.progress(compaction.passedBytes(), compaction.totalBytes());
      }
      return new CompactReport(
          compaction.beginBytes(), compaction.endBytes(), compaction.movedBytes());
    } finally {
      compactLock.unlock();
    }
  }

  private Compaction beginCompaction() {
    int slot = gate.enter();
    try {
      return objects.compaction();
    } finally {
      gate.exit(slot);
    }
  }

  /* Whoever closes the store waits for a step at most. */
  private boolean stepInside(Compaction compaction) {
    int slot = gate.enter();
    try {
      return compaction.step();
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * Reads every copy of every block from the file while the store is in use, and verifies it; a bad
   * copy is written again from the good one, where there are two. Needs no pause: what is changed
   * meanwhile is as good as scrubbed, as it was written anew. The space map and the intent log are
   * not read: see {@link #check}, and the replay when a store is opened. Never throws for damage.
   *
   * <p>Ends with a {@link org.zapkv.error.ClosedException} soon after the store is closed by
   * another thread, and with what the listener throws.
   *
   * @param bytesPerSecond how much to read each second, on the average; 0: as much as can be
   * @param progress told how far it is, between the steps
   * @return what was found and mended
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws ReadOnlyStoreException if it is open for reading only, and so nothing can be mended:
   *     use {@link #check} then
   * @throws org.zapkv.error.CacheFullException if there is no memory for a block
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  public ScrubReport scrub(long bytesPerSecond, ScrubListener progress) {
    if (bytesPerSecond < 0) {
      throw new IllegalArgumentException("bytesPerSecond=" + bytesPerSecond + " is negative");
    }
    return scrub(new ScrubPace(bytesPerSecond), progress);
  }

  /** With a pace of its own, so that a test need not wait. */
  ScrubReport scrub(ScrubPace pace, ScrubListener progress) {
    Objects.requireNonNull(progress, "progress");
    gate.checkOpen();
    checkWritable();
    Scrub scrub = beginScrub();
    long readBytes = 0;
    while (stepInside(scrub, pace.stepBytes())) {
      progress.progress(scrub.readBytes(), scrub.totalBytes());
      pace.pause(scrub.readBytes() - readBytes, gate::checkOpen);
      readBytes = scrub.readBytes();
    }
    progress.progress(scrub.readBytes(), scrub.totalBytes());
    return report(scrub);
  }

  private ScrubReport report(Scrub scrub) {
    int slot = gate.enter();
    try {
      return new ScrubReport(
          scrub.blockCount(),
          scrub.readBytes(),
          objects.statistics().mendedCopies(),
          scrub.damageCount(),
          scrub.problems());
    } finally {
      gate.exit(slot);
    }
  }

  private Scrub beginScrub() {
    int slot = gate.enter();
    try {
      return objects.scrub();
    } finally {
      gate.exit(slot);
    }
  }

  private boolean stepInside(Scrub scrub, long maxBytes) {
    int slot = gate.enter();
    try {
      return scrub.step(maxBytes);
    } finally {
      gate.exit(slot);
    }
  }

  /**
   * Closes the store: waits for the calls that are inside, writes what was changed, and lets the
   * directory go. Closing it again does nothing but wait for the first close.
   *
   * @throws org.zapkv.error.StoreFailedException if the last changes cannot be written; the store
   *     is closed all the same, and what was durable before is on disk
   * @throws IllegalStateException in a function given to {@link ZapMap#compute} or its like
   */
  @Override
  public void close() {
    callbacks.refuseInside("close()");
    gate.close();
    ReentrantLock mapsLock = maps.lock();
    mapsLock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      closeAll();
    } finally {
      mapsLock.unlock();
    }
  }

  private void closeAll() {
    if (watch != null) {
      watch.end();
    }
    try (Closer closer = new Closer()) {
      closer.add(releaseDirectory);
      closer.add(objects);
      maps.close(closer);
      life.remains().close(closer);
    }
  }

  /**
   * Sees to it that a ZAP that a failed change may have left half-way is never written. A
   * ZapException is thrown before the change, or the change is undone. Anything else, as an error
   * for want of heap, may come from any place, also between a change of an entry and the growth
   * that follows, so that nobody knows what is done.
   *
   * @param what the ZAP, for messages
   */
  void failIfBroken(Zap zap, String what, Throwable cause) {
    if (zap.isBroken()) {
      fail(what + " could not be made fat and is half-way", cause);
    } else if (!(cause instanceof ZapException)) {
      fail("a change of " + what + " was cut short at an unknown place", cause);
    }
  }

  /** Makes the store refuse all further changes, since what is in memory is not whole. */
  void fail(String what, Throwable cause) {
    objects.fail(what, cause);
  }

  @Override
  public String toString() {
    return "ZapStore[" + name + "]";
  }

  OperationGate gate() {
    return gate;
  }

  ObjectSet objects() {
    return objects;
  }

  ValueStore values() {
    return values;
  }

  Zap root() {
    return maps.root();
  }

  MapTable maps() {
    return maps;
  }

  MapLife life() {
    return life;
  }

  /** A number that no other map of this store has, for as long as it is open. */
  long newMapId() {
    return mapIds.incrementAndGet();
  }

  /** Whether changes are taken, as far as the options are concerned. */
  boolean isWritable() {
    return !options.readOnly();
  }

  ZapParameters mapParameters() {
    return options.maps();
  }

  Durability durability() {
    return options.durability();
  }

  /** Brings what was opened up to the last commit that is in the log. */
  void replayLog() {
    commitLog.replay(this, options);
    replayed = true;
  }

  KeyStripes stripes() {
    return stripes;
  }

  Callbacks callbacks() {
    return callbacks;
  }

  LargeBatches largeBatches() {
    return largeBatches;
  }

  CommitLog commitLog() {
    return commitLog;
  }

  Transaction begin(long expectedBytes) {
    checkWritable();
    return objects.begin(expectedBytes);
  }

  Transaction beginFreeing(long expectedBytes) {
    checkWritable();
    return objects.beginFreeing(expectedBytes);
  }
}
