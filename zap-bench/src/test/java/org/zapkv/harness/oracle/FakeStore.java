// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;

/**
 * A store on the heap that can lose power, and that keeps its promises, but for the one lie that it
 * is told to tell now and then. Any thread.
 */
final class FakeStore implements Subject {
  /** What it does wrong. */
  enum Lie {
    NONE,
    /** Nothing becomes durable by a flush. */
    FLUSH_LEFT_OUT,
    /** One commit is gone after a crash, later ones are there. */
    RECORD_LOST,
    /** Half of a commit is there after a crash. */
    BATCH_TORN,
    /**
     * What is not durable of one line is gone after a crash, though later ones of others are there.
     */
    LINE_BEHIND,
    /** A removed key is back after a crash. */
    REMOVAL_FORGOTTEN,
    /** A value of after a crash is one that a commit replaced long ago. */
    OLD_VALUE_BACK,
    /** An acknowledged change was not made. */
    UPDATE_LOST,
    /** A read has what was there before. */
    READ_STALE,
    /** A read has the value of another key. */
    READ_OTHER,
    /** A bit of what is read is wrong. */
    READ_FLIPPED,
    /** A read finds nothing. */
    READ_NOTHING,
    /** A walk leaves something out. */
    SCAN_SKIPS,
    /** A walk has something twice. */
    SCAN_REPEATS,
    /** A walk has an old value. */
    SCAN_STALE,
    /** A commit gets a sequence below that of an earlier one. */
    SEQUENCE_WRONG
  }

  /** A commit in the log. */
  private record Commit(List<Change> changes, boolean isFailed) {
    String line() {
      String key = text(changes.get(0).key());
      return key.substring(0, key.indexOf('.'));
    }
  }

  /** What was done to the log: a commit, or a flush of all of it, or of one commit. */
  private record Event(@Nullable Commit appended, @Nullable Commit flushed) {}

  private final Lie lie;
  private final SplittableRandom random;
  private final boolean isOrdered;

  /** Shared with what it becomes by crashes. */
  private final AtomicLong lies;

  /* Guarded by this. */

  private final NavigableMap<String, NavigableMap<String, byte[]>> start;
  private final NavigableMap<String, NavigableMap<String, byte[]>> maps;
  private final Map<String, byte[]> replaced = new HashMap<>();
  private final List<Event> events = new ArrayList<>();
  private long sequence;

  FakeStore(Lie lie, boolean isOrdered, SplittableRandom random) {
    this(lie, isOrdered, random, new AtomicLong(), new TreeMap<>());
  }

  private FakeStore(
      Lie lie,
      boolean isOrdered,
      SplittableRandom random,
      AtomicLong lies,
      NavigableMap<String, NavigableMap<String, byte[]>> start) {
    this.lie = lie;
    this.isOrdered = isOrdered;
    this.random = random;
    this.lies = lies;
    this.start = start;
    this.maps = new TreeMap<>();
    start.forEach((map, keys) -> maps.put(map, new TreeMap<>(keys)));
  }

  private boolean lies(Lie which) {
    if (lie != which || random.nextInt(6) != 0) {
      return false;
    }
    lies.incrementAndGet();
    return true;
  }

  /** How often it lied. */
  long lieCount() {
    return lies.get();
  }

  /** How far its log is. */
  synchronized long now() {
    return events.size();
  }

  @Override
  public void apply(Change change, Promise promise) {
    commit(List.of(change), promise);
  }

  @Override
  public synchronized long commit(List<Change> changes, Promise promise) {
    Commit commit = new Commit(List.copyOf(changes), false);
    events.add(new Event(commit, null));
    if (!lies(Lie.UPDATE_LOST)) {
      applyTo(maps, changes, replaced);
    }
    if (promise == Promise.DURABLE) {
      flush(commit);
    }
    sequence++;
    return lies(Lie.SEQUENCE_WRONG) ? Math.max(1, sequence - 6) : sequence;
  }

  /** A commit that fails: it is seen or not, and is there after a crash or not. */
  synchronized void commitFailing(List<Change> changes) {
    events.add(new Event(new Commit(List.copyOf(changes), true), null));
    if (random.nextBoolean()) {
      applyTo(maps, changes, replaced);
    }
    throw new IllegalStateException("failed");
  }

  @Override
  public synchronized void sync() {
    flush(null);
  }

  private void flush(@Nullable Commit commit) {
    if (!lies(Lie.FLUSH_LEFT_OUT)) {
      events.add(new Event(null, commit));
    }
  }

  private static void applyTo(
      NavigableMap<String, NavigableMap<String, byte[]>> maps,
      List<Change> changes,
      Map<String, byte[]> replaced) {
    for (Change change : changes) {
      String key = text(change.key());
      NavigableMap<String, byte[]> map = maps.computeIfAbsent(change.map(), any -> new TreeMap<>());
      byte[] value = change.value();
      byte[] before = value == null ? map.remove(key) : map.put(key, value);
      if (before != null) {
        replaced.put(change.map() + "/" + key, before);
      }
    }
  }

  @Override
  public synchronized byte @Nullable [] get(String map, byte[] keyBytes) {
    NavigableMap<String, byte[]> entries = maps.getOrDefault(map, new TreeMap<>());
    String key = text(keyBytes);
    byte[] old = replaced.get(map + "/" + key);
    byte[] value = entries.get(key);
    if (old != null && lies(Lie.READ_STALE)) {
      return old;
    }
    Map.Entry<String, byte[]> other = entries.higherEntry(key);
    if (other != null && lies(Lie.READ_OTHER)) {
      return other.getValue();
    }
    if (value == null || lies(Lie.READ_NOTHING)) {
      return null;
    }
    byte[] copy = value.clone();
    if (lies(Lie.READ_FLIPPED)) {
      copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return copy;
  }

  @Override
  public Scan scan(String map, long cookie) {
    return new Scan() {
      private String last = "";

      @Override
      public @Nullable Entry next() {
        synchronized (FakeStore.this) {
          NavigableMap<String, byte[]> entries = maps.getOrDefault(map, new TreeMap<>());
          boolean again = !last.isEmpty() && lies(Lie.SCAN_REPEATS);
          Map.Entry<String, byte[]> next = entries.ceilingEntry(last + (again ? "" : "\0"));
          if (next != null && lies(Lie.SCAN_SKIPS)) {
            next = entries.higherEntry(next.getKey());
          }
          if (next == null) {
            return null;
          }
          last = next.getKey();
          byte[] old = replaced.get(map + "/" + last);
          boolean isOld = old != null && lies(Lie.SCAN_STALE);
          return new Entry(last.getBytes(StandardCharsets.UTF_8), isOld ? old : next.getValue());
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public synchronized List<String> maps() {
    return List.copyOf(maps.keySet());
  }

  @Override
  public void close() {}

  /** The store as it is when it is opened after it was closed. */
  synchronized FakeStore closed() {
    return new FakeStore(lie, isOrdered, random, lies, maps);
  }

  /** The store as it is after a crash when its log was so far. */
  synchronized FakeStore crashed(long position) {
    List<Event> before = events.subList(0, (int) position);
    List<Commit> survivors = isOrdered ? firstOnes(before) : anyOnes(before);
    NavigableMap<String, NavigableMap<String, byte[]>> left = new TreeMap<>();
    start.forEach((map, keys) -> left.put(map, new TreeMap<>(keys)));
    Map<String, byte[]> old = new HashMap<>();
    survivors = spoiled(survivors, before);
    survivors.forEach(commit -> applyTo(left, commit.changes, old));
    if (lie == Lie.OLD_VALUE_BACK && !old.isEmpty()) {
      lies.incrementAndGet();
      String place = List.copyOf(old.keySet()).get(random.nextInt(old.size()));
      String[] parts = place.split("/", 2);
      left.computeIfAbsent(parts[0], any -> new TreeMap<>())
          .put(parts[1], Objects.requireNonNull(old.get(place)));
    }
    return new FakeStore(lie, isOrdered, random, lies, left);
  }

  private List<Commit> firstOnes(List<Event> before) {
    List<Commit> appended = new ArrayList<>();
    int durable = 0;
    for (Event event : before) {
      if (event.appended == null) {
        durable = appended.size();
      } else {
        appended.add(event.appended);
      }
    }
    int count = durable + random.nextInt(appended.size() - durable + 1);
    List<Commit> first = new ArrayList<>(appended.subList(0, count));
    first.removeIf(commit -> commit.isFailed && random.nextBoolean());
    return first;
  }

  private List<Commit> anyOnes(List<Event> before) {
    Set<Commit> durable = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Commit> appended = new ArrayList<>();
    for (Event event : before) {
      if (event.appended != null) {
        appended.add(event.appended);
      } else if (event.flushed != null) {
        durable.add(event.flushed);
      } else {
        durable.addAll(appended);
      }
    }
    appended.removeIf(
        commit -> (commit.isFailed || !durable.contains(commit)) && random.nextBoolean());
    return appended;
  }

  private List<Commit> spoiled(List<Commit> survivors, List<Event> before) {
    List<Commit> left = new ArrayList<>(survivors);
    if (left.size() < 2) {
      return left;
    }
    int index = random.nextInt(left.size() - 1);
    Commit chosen = left.get(index);
    switch (lie) {
      case RECORD_LOST -> left.remove(index);
      case BATCH_TORN -> left.set(index, new Commit(half(chosen.changes), false));
      case REMOVAL_FORGOTTEN -> left.replaceAll(FakeStore::withoutRemovals);
      case LINE_BEHIND -> {
        int kept = firstOnes(before).size();
        left.removeIf(
            commit -> left.indexOf(commit) >= kept && commit.line().equals(chosen.line()));
      }
      default -> {
        return left;
      }
    }
    lies.incrementAndGet();
    return left;
  }

  private static List<Change> half(List<Change> changes) {
    return changes.subList(0, (changes.size() + 1) / 2);
  }

  private static Commit withoutRemovals(Commit commit) {
    List<Change> puts = commit.changes.stream().filter(change -> change.value() != null).toList();
    return new Commit(puts, commit.isFailed);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
