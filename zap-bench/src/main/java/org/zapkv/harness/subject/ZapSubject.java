// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.CacheStats;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.ValueChangedException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.object.CheckProblem;
import org.zapkv.store.Batch;
import org.zapkv.store.DeviceStores;
import org.zapkv.store.Durability;
import org.zapkv.store.MapCursor;
import org.zapkv.store.StoreCheckReport;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.StoreTransaction;
import org.zapkv.store.ValueInputStream;
import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.zap.ZapActivity;

/** An open Zap. Values of eight bytes are longs in it, so that maps can be micro. */
final class ZapSubject implements Subject {
  /** Room for most values; the rest is read in another way. */
  private static final int USUAL_VALUE_BYTES = 512;

  private final ZapStore store;
  private final Durability later;

  ZapSubject(ZapStore store, Durability later) {
    this.store = store;
    this.later = later;
  }

  @Override
  public void apply(Change change, Promise promise) {
    ZapMap map = store.map(change.map()).withDurability(durability(promise));
    try (OvertakenReader reader = OvertakenReader.of(map, change.key())) {
      byte[] value = change.value();
      if (value == null) {
        map.remove(change.key());
      } else if (value.length == Long.BYTES) {
        map.putLong(change.key(), toLong(value));
      } else {
        map.put(change.key(), value);
      }
      reader.finds();
    }
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    Batch batch = store.batch();
    for (Change change : changes) {
      ZapMap map = store.map(change.map());
      byte[] value = change.value();
      if (value == null) {
        batch.remove(map, change.key());
      } else if (value.length == Long.BYTES) {
        batch.putLong(map, change.key(), toLong(value));
      } else {
        batch.put(map, change.key(), value);
      }
    }
    return batch.commit(durability(promise));
  }

  @Override
  public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
    ZapMap map = store.map(change.map()).withDurability(durability(promise));
    byte[] key = change.key();
    byte[] value = change.value();
    if (value == null) {
      return expected == null ? !map.remove(key) : isRemoved(map, key, expected);
    }
    boolean isLong = value.length == Long.BYTES;
    if (expected == null) {
      return isLong
          ? map.putLongIfAbsent(key, toLong(value)).isEmpty()
          : map.putIfAbsent(key, value) == null;
    }
    if (isLong && expected.length == Long.BYTES) {
      return map.replaceLong(key, toLong(expected), toLong(value));
    }
    if (!isLong && expected.length != Long.BYTES) {
      return map.replace(key, expected, value);
    }
    // From one form to the other there is no single step; only one thread changes the key.
    if (!Arrays.equals(get(change.map(), key), expected)) {
      return false;
    }
    return isLong ? map.replaceLong(key, toLong(value)) : map.replace(key, value);
  }

  private static boolean isRemoved(ZapMap map, byte[] key, byte[] expected) {
    return expected.length == Long.BYTES
        ? map.removeLong(key, toLong(expected))
        : map.remove(key, expected);
  }

  @Override
  public long increment(String map, byte[] key, long delta, Promise promise) {
    return store.map(map).withDurability(durability(promise)).increment(key, delta);
  }

  /** Does not say its place in the order. */
  @Override
  public long transact(List<Change> changes, Reader reader, Promise promise) {
    return store.transact(
        durability(promise),
        transaction -> {
          for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            reader.read(i, value(transaction.entry(store.map(change.map()), change.key())));
          }
          changes.forEach(change -> change(transaction, change));
          return 0L;
        });
  }

  private void change(StoreTransaction transaction, Change change) {
    ZapMap map = store.map(change.map());
    byte[] value = change.value();
    if (value == null) {
      transaction.remove(map, change.key());
    } else if (value.length == Long.BYTES) {
      transaction.putLong(map, change.key(), toLong(value));
    } else {
      transaction.put(map, change.key(), value);
    }
  }

  /** Durable at once, whatever was asked for; neither says its place in the order. */
  @Override
  public long wipe(String map, boolean drops, Promise promise) {
    if (drops) {
      drop(map);
    } else {
      store.map(map).clear();
    }
    return 0;
  }

  private void drop(String map) {
    try {
      store.dropMap(map);
    } catch (NoSuchMapException e) {
      // Nobody has named it yet: there is nothing in it.
    }
  }

  private Durability durability(Promise promise) {
    return promise == Promise.DURABLE ? Durability.SYNC : later;
  }

  /** Of a map that is dropped meanwhile, nothing. */
  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    try {
      return get(store.map(map), key);
    } catch (MapDroppedException e) {
      return null;
    }
  }

  /** In one of the ways that there are: which one follows from the key. */
  private static byte @Nullable [] get(ZapMap of, byte[] key) {
    try {
      return switch (Arrays.hashCode(key) & 3) {
        case 0 -> of.get(key);
        case 1 -> copied(of, key);
        case 2 -> ofLong(of.getLong(key));
        default -> of.containsKey(key) ? value(of.entry(key)) : null;
      };
    } catch (ValueTypeException e) {
      // It is there in the other form, or was just then.
      return value(of.entry(key));
    }
  }

  private static byte @Nullable [] copied(ZapMap map, byte[] key) {
    byte[] destination = new byte[USUAL_VALUE_BYTES];
    int length = map.get(key, destination, 0);
    if (length > destination.length) {
      return streamed(map, key);
    }
    return length < 0 ? null : Arrays.copyOf(destination, length);
  }

  /** Others may replace the value between two of its blocks, while more are being read ahead. */
  private static byte @Nullable [] streamed(ZapMap map, byte[] key) {
    try (ValueInputStream stream = map.openValue(key)) {
      return stream == null ? null : stream.readAllBytes();
    } catch (ValueChangedException e) {
      return map.get(key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte @Nullable [] ofLong(OptionalLong value) {
    return value.isEmpty() ? null : toBytes(value.getAsLong());
  }

  private static byte @Nullable [] value(@Nullable ZapEntry entry) {
    if (entry == null) {
      return null;
    }
    return entry.isLong() ? toBytes(entry.longValue()) : entry.value();
  }

  private static long toLong(byte[] value) {
    return ByteBuffer.wrap(value).getLong();
  }

  private static byte[] toBytes(long value) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).putLong(value);
    return bytes;
  }

  @Override
  public Scan scan(String map, long cookie) {
    MapCursor cursor = null;
    while (cursor == null) {
      cursor = cursor(map, cookie);
    }
    return new CursorScan(cursor, cookie);
  }

  /** null if the map was dropped meanwhile: then there is a new one. */
  private @Nullable MapCursor cursor(String map, long cookie) {
    try {
      return store.map(map).cursor(cookie);
    } catch (MapDroppedException e) {
      return null;
    }
  }

  @Override
  public List<String> maps() {
    return store.mapNames();
  }

  @Override
  public void sync() {
    store.sync();
  }

  @Override
  public void compact() {
    store.compact((passed, total) -> {});
  }

  @Override
  public List<String> scrub() {
    return store.scrub(0, (read, total) -> {}).lines();
  }

  @Override
  public List<String> check() {
    StoreCheckReport report = store.check((read, total) -> {});
    List<String> problems = new ArrayList<>(report.problems());
    // Each leak is one of them, too.
    problems.removeIf(problem -> problem.startsWith(CheckProblem.Kind.LEAKED.name()));
    if (report.leakedBytes() != 0) {
      problems.add(report.leakedBytes() + LEAKED);
    }
    long failures = store.statistics().cache().userFailures();
    if (failures != 0) {
      problems.add(failures + " callbacks of users of buffers threw");
    }
    return problems;
  }

  @Override
  public Map<String, Long> events() {
    StoreStatistics statistics = store.statistics();
    CacheStats cache = statistics.cache();
    ZapActivity activity = statistics.activity();
    return Map.ofEntries(
        Map.entry("CONVERSION", activity.conversions()),
        Map.entry("SPLIT", activity.splits()),
        Map.entry("MERGE", activity.merges()),
        Map.entry("GROWTH", activity.growthSteps()),
        Map.entry("REDUCTION", activity.reductions()),
        Map.entry("LEAF_REUSE", activity.leafReuses()),
        Map.entry("USER_EVICTION", cache.userEvictions()),
        Map.entry("FREED_IN_FLIGHT", cache.freedInFlight()),
        Map.entry("EARLY_WRITE", cache.writeOuts()),
        Map.entry("REPLAY", statistics.log().replayedRecords()),
        Map.entry("TORN_TAIL", statistics.log().tornTail() ? 1L : 0L));
  }

  /**
   * Closes the store, and looks whether it has given everything back.
   *
   * @throws IllegalStateException if it has not, whether it could be closed or not
   */
  @Override
  public void close() {
    RuntimeException failure = null;
    try {
      store.close();
    } catch (RuntimeException e) {
      failure = e;
    }
    String left = DeviceStores.left(store);
    if (left != null) {
      throw new IllegalStateException("the closed store has not given back " + left, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** A walk that ends where its map is dropped. */
  private static final class CursorScan implements Scan {
    private final MapCursor cursor;

    /** The last one; the cursor of a map that was dropped has none. */
    private long cookie;

    CursorScan(MapCursor cursor, long cookie) {
      this.cursor = cursor;
      this.cookie = cookie;
    }

    @Override
    public @Nullable Entry next() {
      try {
        ZapEntry entry = cursor.next() ? cursor.entry() : null;
        byte[] value = ZapSubject.value(entry);
        return entry == null || value == null ? null : new Entry(entry.key(), value);
      } catch (MapDroppedException e) {
        return null;
      }
    }

    /** Where the entries after the present one begin. */
    @Override
    public long cookie() {
      try {
        cookie = cursor.nextCookie();
      } catch (MapDroppedException e) {
        // The walk goes on in the next map of the name.
      }
      return cookie;
    }

    @Override
    public void close() {
      cursor.close();
    }
  }
}
