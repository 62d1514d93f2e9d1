// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Spliterator;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.object.DataObject;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapLeaf;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapStatistics;
import org.zapkv.zap.ZapValue;

/**
 * A map of a store: keys of 0 to {@value #MAX_KEY_BYTES} bytes, values that are bytes (0 to {@value
 * #MAX_VALUE_BYTES}) or longs. String keys are their UTF-8 bytes. There is no order.
 *
 * <p>A map whose values are longs and whose keys have 1 to 49 bytes without a zero byte stays a
 * micro ZAP, 64 bytes an entry, up to 2047 entries; any other entry makes it a fat ZAP. Values of
 * more than 2048 bytes are objects of their own. Nobody can make a map slow or full by the choice
 * of keys.
 *
 * <p>Operations that look at a key and change it ({@link #putIfAbsent}, {@link #replace}, {@link
 * #compute}, {@link #increment} and their like) do it as one step: no other change of the key comes
 * between.
 *
 * <p>Safe for use from many threads. A change is atomic, seen by every thread at once when the call
 * returns, and durable as {@link #durability} says: by default on disk when the call returns. Every
 * method throws {@link org.zapkv.error.ClosedException} once the store is closed, {@link
 * org.zapkv.error.CorruptException} where what is stored is damaged, {@link
 * org.zapkv.error.DeviceException} where it cannot be read, {@link MapDroppedException} once the
 * map was dropped; every change throws {@link org.zapkv.error.StoreFullException} or {@link
 * org.zapkv.error.StoreFailedException}, with the map unchanged, where the store can take none.
 */
public final class ZapMap extends StreamMap {

  /** The longest key, in bytes. */
  public static final int MAX_KEY_BYTES = 1023;

  /** The largest value, in bytes: 64 MiB. */
  public static final int MAX_VALUE_BYTES = 64 << 20;

  /** The largest value that is written as a stream, in bytes: 1 TiB. */
  public static final long MAX_STREAM_BYTES = 1L << 40;

  /** The longest name of a map, in bytes of its UTF-8 form. */
  public static final int MAX_NAME_BYTES = 255;

  /** The most parts that {@link #splits} makes. */
  public static final int MAX_SPLITS = 1 << 16;

  /** What a read without locks gives that cannot say what is there: this very array. */
  private static final byte[] UNKNOWN_BYTES = new byte[0];

  /** The same for longs; who has just this value looks twice. */
  private static final long UNKNOWN_LONG = 0x5AC3_19F0_D27B_864EL;

  /*
   * What a map is called and what it is in is in the plain one, and is changed there while nobody
   * has a transaction open. A view has a ZAP of its own, so that a point read has it at once: if the
   * map was cleared that one is closed, and so cannot say what is there; then the plain map's is
   * asked.
   */

  private final ZapStore store;
  private final Durability durability;
  private final ZapParameters parameters;

  /** A number that no other map of the store has; see {@link MapKey}. */
  private final long id;

  private volatile Zap zap;

  /* Of the plain map only. */
  private volatile String name;
  private volatile byte[] nameBytes;
  private volatile DataObject object;
  private volatile boolean dropped;

  /** The map as the store knows it: this, or what this is a view of. */
  private final ZapMap plain;

  ZapMap(ZapStore store, String name, DataObject object, Zap zap) {
    this(store, name, object, zap, store.mapParameters());
  }

  ZapMap(ZapStore store, String name, DataObject object, Zap zap, ZapParameters parameters) {
    this.store = store;
    this.id = store.newMapId();
    this.name = name;
    this.object = object;
    this.zap = zap;
    this.parameters = parameters;
    this.nameBytes = Keys.utf8(name);
    this.durability = store.durability();
    this.plain = this;
  }

  private ZapMap(ZapMap plain, Durability durability) {
    this.store = plain.store;
    this.id = plain.id;
    this.name = plain.name;
    this.object = plain.object;
    this.zap = plain.zap;
    this.parameters = plain.parameters;
    this.nameBytes = plain.nameBytes;
    this.durability = durability;
    this.plain = plain;
  }

  /**
   * The map's name; of a dropped map the one that it had.
   *
   * @return the name, 1 to {@value #MAX_NAME_BYTES} bytes of UTF-8
   */
  public String name() {
    return plain.name;
  }

  /**
   * The same map, whose changes have another durability. Makes no second map: what is changed here
   * is changed there. Costs next to nothing.
   *
   * @param other what holds of a change when the call returns, not null
   * @return the map with that durability
   */
  public ZapMap withDurability(Durability other) {
    return new ZapMap(plain, Objects.requireNonNull(other, "durability"));
  }

  @Override
  public Durability durability() {
    return durability;
  }

  /**
   * Adds or replaces an entry.
   *
   * @param key the key, not null
   * @param value the value, not null
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value #MAX_KEY_BYTES} bytes
   * @throws org.zapkv.error.ValueTooLargeException if the value is over {@value #MAX_VALUE_BYTES}
   *     bytes
   */
  @Override
  public void put(byte[] key, byte[] value) {
    Keys.check(key);
    ValueStore.checkSize(Objects.requireNonNull(value, "value"));
    commit(Change.put(new MapKey(plain, key), value));
  }

  /**
   * Adds or replaces an entry whose key is a text.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null
   */
  public void put(String key, byte[] value) {
    put(Keys.utf8(key), value);
  }

  /**
   * Adds or replaces an entry whose key and value are texts.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value, not null; stored as UTF-8
   */
  public void put(String key, String value) {
    put(Keys.utf8(key), Keys.utf8(value));
  }

  /**
   * Adds or replaces an entry whose value is a long.
   *
   * @param key the key, not null
   * @param value the value
   * @throws org.zapkv.error.KeyTooLongException if the key is over {@value #MAX_KEY_BYTES} bytes
   */
  public void putLong(byte[] key, long value) {
    Keys.check(key);
    commit(Change.putLong(new MapKey(plain, key), value));
  }

  /**
   * Adds or replaces an entry whose key is a text and whose value is a long.
   *
   * @param key the key, not null; the entry's key is its UTF-8 form
   * @param value the value
   */
  public void putLong(String key, long value) {
    putLong(Keys.utf8(key), value);
  }

  /** A commit of one change. */
  void commit(Change change) {
    int slot = store.gate().enter();
    try {
      long sequence = SingleCommit.run(store, change);
      store.commitLog().await(sequence, durability);
    } finally {
      store.gate().exit(slot);
    }
  }

  /** Sees to it that a map that a change has left half-way is never written. */
  void failIfBroken(Throwable cause) {
    store.failIfBroken(plain.zap, "map \"" + plain.name + "\"", cause);
  }

  /**
   * The value of a key.
   *
   * @param key the key, not null
   * @return a new array with the value, or null if the key is not there
   * @throws ValueTypeException if the value is a long
   * @throws org.zapkv.error.ValueTooLargeException if it is longer than an array can be: read it
   *     with {@link #openValue}
   */
  @SuppressWarnings("ArrayEquals") // the very array stands for what is not known
  @Override
  public byte @Nullable [] get(byte[] key) {
    Keys.check(key);
    byte[] value = zap.tryBytes(key, UNKNOWN_BYTES);
    return value == UNKNOWN_BYTES ? valueOf(entry(key)) : value;
  }

  private static byte @Nullable [] valueOf(@Nullable ZapEntry entry) {
    return entry == null ? null : entry.value();
  }

  /**
   * Copies the value of a key into an array: where the value is not over 2048 bytes, and the map no
   * micro ZAP, no memory is allocated.
   *
   * @param key the key, not null
   * @param destination takes the value, or as much of its beginning as there is room for. The bytes
   *     from the offset on are not defined where the key is not there, nor behind the value
   * @param offset where the value goes, 0 to the length of the destination
   * @return the length of the value, which may be more than there is room for; -1 if the key is not
   *     there
   * @throws ValueTypeException if the value is a long
   * @throws IndexOutOfBoundsException if the offset is below 0 or above the destination's length
   */
  public int get(byte[] key, byte[] destination, int offset) {
    Keys.check(key);
    Objects.checkFromToIndex(offset, destination.length, destination.length);
    int length = zap.tryRead(key, destination, offset);
    if (length != Zap.UNKNOWN) {
      return length;
    }
    byte[] value = valueOf(entry(key));
    if (value == null) {
      return Zap.ABSENT;
    }
    int room = destination.length - offset;
    System.arraycopy(value, 0, destination, offset, Math.min(room, value.length));
    return value.length;
  }

  /**
   * The value of a key that is a text.
   *
   * @param key the key, not null
   * @return a new array with the value, or null if the key is not there
   * @throws ValueTypeException if the value is a long
   */
  public byte @Nullable [] get(String key) {
    return get(Keys.utf8(key));
  }

  /**
   * The value of a key that is a text, read as UTF-8.
   *
   * @param key the key, not null
   * @return the value, or null if the key is not there
   * @throws ValueTypeException if the value is a long
   */
  public @Nullable String getString(String key) {
    ZapEntry entry = entry(Keys.utf8(key));
    return entry == null ? null : entry.valueString();
  }

  /**
   * The value of a key, where values are longs.
   *
   * @param key the key, not null
   * @return the value, or empty if the key is not there
   * @throws ValueTypeException if the value is bytes
   */
  public OptionalLong getLong(byte[] key) {
    Keys.check(key);
    long value = zap.tryLong(key, UNKNOWN_LONG, UNKNOWN_LONG);
    if (value != UNKNOWN_LONG) {
      return OptionalLong.of(value);
    }
    ZapEntry entry = entry(key);
    return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.longValue());
  }

  /**
   * The value of a key, where values are longs: allocates nothing.
   *
   * @param key the key, not null
   * @param otherwise what is returned if the key is not there
   * @return the value, or {@code otherwise}
   * @throws ValueTypeException if the value is bytes
   */
  public long getLong(byte[] key, long otherwise) {
    Keys.check(key);
    long value = zap.tryLong(key, otherwise, UNKNOWN_LONG);
    if (value != UNKNOWN_LONG) {
      return value;
    }
    ZapEntry entry = entry(key);
    return entry == null ? otherwise : entry.longValue();
  }

  /**
   * The value of a key that is a text, where values are longs.
   *
   * @param key the key, not null
   * @return the value, or empty if the key is not there
   * @throws ValueTypeException if the value is bytes
   */
  public OptionalLong getLong(String key) {
    return getLong(Keys.utf8(key));
  }

  /**
   * The entry of a key, whichever form its value has.
   *
   * @param key the key, not null
   * @return the entry, or null if the key is not there
   */
  public @Nullable ZapEntry entry(byte[] key) {
    Keys.check(key);
    return ask(asked -> store.values().entry(key, () -> asked.get(key)));
  }

  /**
   * Whether a key is there.
   *
   * @param key the key, not null
   * @return true if it is
   */
  public boolean containsKey(byte[] key) {
    Keys.check(key);
    int found = zap.tryFind(key);
    if (found != Zap.UNKNOWN) {
      return found != Zap.ABSENT;
    }
    return ask(asked -> asked.contains(key));
  }

  /**
   * Whether a key that is a text is there.
   *
   * @param key the key, not null
   * @return true if it is
   */
  public boolean containsKey(String key) {
    return containsKey(Keys.utf8(key));
  }

  /**
   * Removes an entry. Where there is none, what removed it before is as durable when this returns
   * as if this had done it.
   *
   * @param key the key, not null
   * @return false if it was not there
   */
  public boolean remove(byte[] key) {
    Keys.check(key);
    Change removal = Change.remove(new MapKey(plain, key));
    commit(removal);
    return removal.previous != null;
  }

  /**
   * Removes the entry of a key that is a text.
   *
   * @param key the key, not null
   * @return false if it was not there
   */
  public boolean remove(String key) {
    return remove(Keys.utf8(key));
  }

  /**
   * The number of entries.
   *
   * @return 0 or more; exact at some moment during the call
   */
  public long size() {
    return ask(asked -> asked.count());
  }

  /**
   * Calls an action for every entry, in the order of {@link #cursor()} and with its guarantee. The
   * action may use the map and the store, and may throw; what it throws ends the walk.
   *
   * @param action what to do, not null
   */
  public void forEach(Consumer<? super ZapEntry> action) {
    Objects.requireNonNull(action, "action");
    scan(view -> action.accept(view.toEntry()));
  }

  /**
   * Calls an action for every entry as {@link #forEach} does, with a view of it in place of a copy:
   * the fastest way through a map. The view is good during the call only; what the action asks it
   * for are copies.
   *
   * @param action what to do, not null
   */
  public void scan(Consumer<? super EntryView> action) {
    Objects.requireNonNull(action, "action");
    EntryView view = view();
    while (view.next()) {
      action.accept(view);
    }
  }

  /**
   * Calls an action for every entry as {@link #scan} does, on several threads at a time and in no
   * order. The threads are those that a parallel stream has: of the fork-join pool whose task calls
   * this, else of the common pool, and the caller's. What goes wrong first, in the action or in
   * reading, ends the walk and is thrown here; no thread is in the action when this returns.
   *
   * @param action what to do, not null; called on several threads at once, with a view for each
   */
  public void scanParallel(Consumer<? super EntryView> action) {
    Objects.requireNonNull(action, "action");
    ParallelScan.run(view(), action, size());
  }

  /**
   * The entries as a stream, with the guarantee of {@link #cursor()}, in no order if it is made
   * parallel. No entry is read before its terminal operation, nothing has to be closed, and it may
   * be left at any entry.
   *
   * @return a sequential stream
   */
  public Stream<ZapEntry> stream() {
    store.gate().checkOpen();
    checkAlive();
    Supplier<Spliterator<ZapEntry>> source = () -> new EntrySpliterator(view(), size());
    return StreamSupport.stream(source, EntrySpliterator.CHARACTERISTICS, false);
  }

  /** A view before the first entry. */
  EntryView view() {
    return ask(asked -> new EntryView(plain, asked, asked.cursor()));
  }

  /**
   * Removes all entries at once: durably when this returns, whatever the durability of the map.
   * Whoever has the map goes on with it. Every change of the store waits for a moment, a long batch
   * is waited for; that takes as long for a large map as for a small one. The space of the entries
   * becomes free afterwards, as that of a dropped map does: see {@link ZapStore#dropMap} and {@link
   * ZapStore#awaitFreed}. A walk over the map that has begun ends.
   *
   * @throws IllegalStateException if called by the listener of a {@link ZapStore#check}
   * @throws org.zapkv.error.ReadOnlyStoreException if the store is open for reading only
   */
  public void clear() {
    store.life().clear(plain);
  }

  /**
   * A cursor before the first entry. To be closed.
   *
   * @return a new cursor
   */
  public MapCursor cursor() {
    return cursor(0);
  }

  /**
   * A cursor at a position that another cursor of this map gave, in this process or an earlier one.
   * To be closed.
   *
   * @param cookie what {@link MapCursor#cookie()} or {@link MapCursor#nextCookie()} returned; 0 is
   *     the beginning. Any value is safe.
   * @return a new cursor before the first entry at or after the position
   */
  public MapCursor cursor(long cookie) {
    return ask(
        asked -> {
          ZapCursor cursor = asked.cursor(cookie);
          return new MapCursor(cursor, new EntryView(plain, asked, cursor));
        });
  }

  /**
   * Parts of the map that together have each entry once, and about as many entries each: for walks
   * on several threads, each with cursors of its own that can be stopped and resumed.
   *
   * @param count how many parts, 1 to {@value #MAX_SPLITS}
   * @return the parts, in the order of {@link #cursor()}
   * @throws IllegalArgumentException if the count is something else
   */
  public List<MapSplit> splits(int count) {
    if (count < 1 || count > MAX_SPLITS) {
      throw new IllegalArgumentException("count=" + count + " is not within 1.." + MAX_SPLITS);
    }
    store.gate().checkOpen();
    checkAlive();
    return IntStream.range(0, count).mapToObj(i -> new MapSplit(plain, i, count)).toList();
  }

  MapCursor partCursor(MapSplit part, long cookie) {
    return ask(
        asked -> {
          int bits = asked.hashBits();
          ZapCursor cursor = asked.cursor(part.first(bits), part.end(bits), cookie);
          return new MapCursor(cursor, new EntryView(plain, asked, cursor));
        });
  }

  /**
   * Whether the map is one block still.
   *
   * @return true for a micro ZAP, false for a fat one
   */
  public boolean isMicro() {
    return ask(asked -> asked.isMicro());
  }

  /**
   * How the map is built: micro or fat, its blocks, leaves, pointer table, and histograms. Reads
   * the whole map.
   *
   * @return the statistics of some moment during the call
   */
  public ZapStatistics statistics() {
    return ask(asked -> asked.statistics());
  }

  /**
   * Describes each leaf of the map: which part of the hashes it has and how full it is, such as for
   * {@code zap plot}. Every leaf is read. The map can be used meanwhile, but for changes of its
   * shape, which wait.
   *
   * @return an element of some fifty bytes for each leaf, in the order of the hashes; a micro map
   *     is one. The list is the caller's own
   * @throws org.zapkv.error.ClosedException if the store is closed
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.DeviceException if reading fails
   */
  public List<ZapLeaf> leaves() {
    return ask(asked -> asked.leaves());
  }

  @Override
  public String toString() {
    return "ZapMap[" + plain.name + " of " + store.name() + "]";
  }

  @Override
  ZapStore store() {
    return store;
  }

  @Override
  MapKey keyOf(byte[] key) {
    return new MapKey(plain, key);
  }

  /** The map as the store knows it, whatever its durability. */
  ZapMap plain() {
    return plain;
  }

  /** The UTF-8 form of the name; not to be changed. */
  byte[] nameBytes() {
    return plain.nameBytes;
  }

  long id() {
    return id;
  }

  Zap zap() {
    return plain.zap;
  }

  DataObject object() {
    return plain.object;
  }

  ZapParameters parameters() {
    return parameters;
  }

  /** How the map is built. */
  MapOptions options() {
    return ask(
        asked ->
            MapOptions.of(
                asked.isMicro()
                    ? parameters
                    : parameters.withFatBlockShift(
                        Integer.numberOfTrailingZeros(asked.object().blockSizeBytes()))));
  }

  /**
   * Refuses the use of a dropped map. In a transaction what it says holds until the end of that.
   *
   * @throws MapDroppedException if it was dropped
   */
  @Override
  void checkAlive() {
    if (plain.dropped) {
      throw new MapDroppedException(
          "map \""
              + plain.name
              + "\" of store "
              + store.name()
              + " was dropped: ask the store for the map of that name, if there is to be one");
    }
  }

  /** Whether a ZAP is the one that the map is in, and the map is there. */
  boolean isIn(Zap asked) {
    return plain.zap == asked && !plain.dropped;
  }

  /**
   * Asks the map under its locks. If it was cleared meanwhile it is asked again: of a ZAP that is
   * being freed nothing is true, neither what it says nor what it throws.
   */
  private <T> T ask(Function<Zap, T> question) {
    int slot = store.gate().enter();
    try {
      while (true) {
        checkAlive();
        Zap asked = plain.zap;
        try {
          T answer = question.apply(asked);
          if (isIn(asked)) {
            remember(asked);
            return answer;
          }
        } catch (RuntimeException e) {
          if (!isEnded(asked)) {
            throw e;
          }
        }
      }
    } finally {
      store.gate().exit(slot);
    }
  }

  /**
   * What a view reads from by itself next time. Of the map itself only who clears it changes that,
   * under the lock of the table: a reader that is late would put back a ZAP that is being freed.
   */
  private void remember(Zap asked) {
    if (this != plain && zap != asked) {
      zap = asked;
    }
  }

  /** What a key has in its leaf; null if it is not there. */
  @Override
  @Nullable ZapValue rawValue(byte[] key) {
    return ask(asked -> asked.get(key));
  }

  /** Whether the map is in another ZAP, or dropped; waits for who is just changing that. */
  boolean isEnded(Zap asked) {
    ReentrantLock lock = store.maps().lock();
    lock.lock();
    try {
      return !isIn(asked);
    } finally {
      lock.unlock();
    }
  }

  /*
   * The following are called under the lock of the table, in the transaction of a change made
   * alone. They cannot fail. The ZAP is closed first: no point read finds anything in it after
   * others have seen the map as it is now.
   */

  /** The map is gone; returns the handle that is to be closed. */
  DataObject endAsDropped() {
    zap.close();
    dropped = true;
    return object;
  }

  /** The map is what another one is made of; returns the handle that is to be closed. */
  DataObject become(ZapMap other) {
    DataObject before = object;
    zap.close();
    object = other.object;
    zap = other.zap;
    return before;
  }

  void rename(String newName) {
    nameBytes = Keys.utf8(newName);
    name = newName;
  }

  /** What one change of the map may dirty, in bytes. */
  long changeBytes() {
    return ZapStore.changeBytes(plain.object, parameters);
  }

  /** What one removal may dirty, in bytes: two leaves that merge, the header, a table block. */
  long removalBytes() {
    return 4L * plain.object.blockSizeBytes();
  }
}
