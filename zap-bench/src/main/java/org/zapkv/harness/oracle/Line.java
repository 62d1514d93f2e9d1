// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Promise;

/**
 * The keys of a thread, and its commits since the store was opened, in order. Changed by that
 * thread; others may ask what their reads may see, and say what is durable.
 */
final class Line {
  /** So many commits were durable when the recording was so far. */
  private record Durable(long position, int commits) {}

  private final String name;
  private final boolean isOrdered;

  /** Shared by all lines: of two moments the later one has the larger number. */
  private final AtomicLong clock;

  /** Of the line's thread; of the judge when that does nothing. */
  private final List<Pending> commits = new ArrayList<>();

  /** Keys by map and key. */
  private final Map<String, ConcurrentMap<String, KeyState>> maps = new ConcurrentHashMap<>();

  /** All values by their tags. */
  private final Map<Long, Version> written = new ConcurrentHashMap<>();

  private final Queue<Durable> durable = new ConcurrentLinkedQueue<>();

  /** How many commits are over. Written by the line's thread after what they change. */
  private volatile int ended;

  /** Of the line's thread. */
  private long lastSequence;

  Line(String name, boolean isOrdered, AtomicLong clock) {
    this.name = name;
    this.isOrdered = isOrdered;
    this.clock = clock;
  }

  String name() {
    return name;
  }

  long tick() {
    return clock.incrementAndGet();
  }

  List<Pending> commits() {
    return commits;
  }

  int ended() {
    return ended;
  }

  /** Of all maps. */
  List<KeyState> states() {
    return maps.values().stream().flatMap(keys -> keys.values().stream()).toList();
  }

  private ConcurrentMap<String, KeyState> keys(String map) {
    ConcurrentMap<String, KeyState> keys = maps.get(map);
    return keys != null ? keys : maps.computeIfAbsent(map, any -> new ConcurrentHashMap<>());
  }

  private KeyState state(String map, String key) {
    ConcurrentMap<String, KeyState> keys = keys(map);
    KeyState state = keys.get(key);
    return state != null ? state : keys.computeIfAbsent(key, any -> new KeyState());
  }

  Pending begin(List<Edit> edits, Promise promise, long position) {
    checkPlaces(edits);
    List<Version> versions = new ArrayList<>(edits.size());
    for (Edit edit : edits) {
      KeyState state = state(edit.map(), edit.key());
      Version version = new Version(state, edit.map(), edit.key(), edit.value(), commits.size());
      register(version);
      state.begin(version);
      versions.add(version);
    }
    Pending pending = new Pending(this, versions, promise, position);
    commits.add(pending);
    return pending;
  }

  /** A removal of all keys of a map that ever had a value since the store was opened. */
  Pending beginWipe(String map, Promise promise, long position) {
    List<Edit> removals =
        keys(map).keySet().stream().sorted().map(key -> new Edit(map, key, null)).toList();
    return begin(removals, promise, position);
  }

  private void checkPlaces(List<Edit> edits) {
    Set<List<String>> places = edits.size() == 1 ? Set.of() : new HashSet<>();
    for (Edit edit : edits) {
      if (!Edit.lineOf(edit.key()).equals(name)) {
        throw new IllegalArgumentException(
            "key=" + edit.key() + " is not of the line " + name + " that the thread may change.");
      }
      if (edits.size() > 1 && !places.add(List.of(edit.map(), edit.key()))) {
        throw new IllegalArgumentException(
            "key=" + edit.key() + " of map=" + edit.map() + " is twice in one commit.");
      }
    }
  }

  private void register(Version version) {
    Value value = version.value;
    if (value != null && written.putIfAbsent(value.tag(), version) != null) {
      throw new IllegalArgumentException(
          "tag=" + value.tag() + " of key=" + version.key + " was used before.");
    }
  }

  void succeed(Pending pending) {
    for (Version version : pending.versions) {
      version.state.succeed(version);
    }
    ended = pending.number + 1;
    long sequence = pending.sequence();
    if (isOrdered && sequence > 0) {
      // One that changes nothing has nothing to record, and no place of its own.
      boolean isNew = sequence > lastSequence;
      if (!isNew && (sequence < lastSequence || pending.isChange())) {
        throw new Violation(
            Kind.ORDER,
            pending + " comes after one that was said to have sequence " + lastSequence);
      }
      lastSequence = sequence;
    }
  }

  void fail(Pending pending) {
    for (Version version : pending.versions) {
      version.state.doubt(version);
    }
    ended = pending.number + 1;
  }

  /** The first so many commits are durable when the recording is so far. */
  void durable(long position, int commitCount) {
    durable.add(new Durable(position, commitCount));
  }

  /** When somebody was told that commits are durable. */
  List<Long> durablePositions() {
    return durable.stream().map(Durable::position).toList();
  }

  /** How many of the first commits somebody was told are durable, when the recording was so far. */
  int synced(long position) {
    return durable.stream()
        .filter(mark -> mark.position <= position)
        .mapToInt(Durable::commits)
        .max()
        .orElse(0);
  }

  /** The version that has a value; null if no version of that key has it. */
  @Nullable Version version(String map, String key, Value value) {
    Version version = written.get(value.tag());
    boolean isRight =
        version != null
            && value.equals(version.value)
            && version.map.equals(map)
            && version.key.equals(key);
    return isRight ? version : null;
  }

  /** What is known of a value's tag, for messages. */
  String whose(Value value) {
    Version version = written.get(value.tag());
    return version == null
        ? "nobody wrote that since the store was opened, nor was it there then"
        : "that is of key " + version.key + " of map " + version.map + ": " + version;
  }

  /**
   * Judges what a reader saw.
   *
   * @param bytes null: it saw nothing
   * @param commitsBefore how many commits were over when it began to read
   */
  void checkSeen(
      String map, String key, byte @Nullable [] bytes, int commitsBefore, Kind wrongKind) {
    KeyState state = keys(map).get(key);
    if (bytes == null) {
      if (state != null && !state.mayBeAbsent(commitsBefore)) {
        throw wrong(map, key, "nothing", state, wrongKind);
      }
      return;
    }
    Value value = Found.valueOf(map, key, bytes);
    Version version = version(map, key, value);
    if (version == null || state == null) {
      throw new Violation(
          Kind.ALIEN, place(map, key) + " has " + Version.text(value) + ": " + whose(value));
    }
    if (!version.isVisibleAfter(commitsBefore)) {
      throw wrong(map, key, version + ", which was replaced before", state, wrongKind);
    }
  }

  boolean mayBeRemovedSince(String map, String key, int commitsBefore) {
    KeyState state = keys(map).get(key);
    return state == null || state.mayBeRemovedSince(commitsBefore);
  }

  /**
   * A key that was there since so many commits were over, and was not seen; null: there is none.
   */
  @Nullable String missing(String map, Set<String> seen, int commitsBefore) {
    for (Map.Entry<String, KeyState> entry : keys(map).entrySet()) {
      KeyState state = entry.getValue();
      if (!state.mayBeAbsent(commitsBefore) && !seen.contains(entry.getKey())) {
        return place(map, entry.getKey()) + ", which has " + state.expected();
      }
    }
    return null;
  }

  private static Violation wrong(
      String map, String key, String found, KeyState state, Kind wrongKind) {
    return new Violation(
        wrongKind, place(map, key) + " has " + found + "; should have " + state.expected());
  }

  static String place(String map, String key) {
    return "key " + key + " of map " + map;
  }

  /** Begins anew with what was found when the store was opened. */
  void reset(Found found) {
    commits.clear();
    maps.clear();
    written.clear();
    durable.clear();
    ended = 0;
    lastSequence = 0;
    found.forEach(
        (map, key, value) -> {
          if (Edit.lineOf(key).equals(name)) {
            KeyState state = state(map, key);
            Version base = new Version(state, map, key, value, Version.BASE);
            written.put(value.tag(), base);
            state.open(base);
          }
        });
  }
}
