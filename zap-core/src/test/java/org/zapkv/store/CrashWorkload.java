// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.CommitHistory.Committed;
import org.zapkv.store.CommitHistory.Edit;
import org.zapkv.store.CommitHistory.Line;

/**
 * Random commits of several threads to a few maps of a store, written down as they are made: maps
 * grow and shrink, micro ones become fat, there are large values and large batches.
 */
final class CrashWorkload {
  /** The line of keys that all threads change, in batches. */
  private static final String SHARED = "shared";

  private static final int SHARED_KEYS = 12;

  /** With its changes of shared keys a batch of so many is one record still. */
  private static final int MAX_SHARED = CommitRecord.MAX_OPERATIONS - 8;

  private static final List<Durability> DURABILITIES =
      List.of(
          Durability.SYNC,
          Durability.NONE,
          Durability.ASYNC,
          Durability.async(Duration.ofMillis(1)));

  /** How it is: a swarm of settings finds more than one that has a bit of everything. */
  record Shape(int threads, int commits, int keys, int largestValue, int largestBatch) {
    static Shape random(SplittableRandom random) {
      int threads = random.nextInt(3) == 0 ? 1 : 2 + random.nextInt(7);
      // A batch is in several records from so many keys on that it changes.
      boolean hasLargeBatches = random.nextInt(4) == 0;
      return new Shape(
          threads,
          6 + 90 / threads,
          hasLargeBatches ? 400 : 5 << random.nextInt(5),
          random.nextInt(8) == 0 ? 300_000 : 300 << random.nextInt(5),
          hasLargeBatches ? 1500 : 30);
    }
  }

  private final String prefix;
  private final Shape shape;
  private final long seed;
  private final IntSupplier now;
  private final AtomicLong clock = new AtomicLong();
  private final List<Committed> shared = Collections.synchronizedList(new ArrayList<>());

  /**
   * A workload whose lines have a name that begins with a prefix.
   *
   * @param now says how far the recording is, to note what was acknowledged by then
   */
  CrashWorkload(String prefix, Shape shape, long seed, IntSupplier now) {
    this.prefix = prefix;
    this.shape = shape;
    this.seed = seed;
    this.now = now;
  }

  /** Runs it all and closes the store. */
  CommitHistory run(ZapStore store) throws Exception {
    List<Callable<Line>> tasks = new ArrayList<>();
    for (int t = 0; t < shape.threads; t++) {
      Worker worker = new Worker(store, prefix + t, new SplittableRandom(seed + t));
      tasks.add(worker::run);
    }
    CommitHistory history = new CommitHistory();
    ExecutorService executor = Executors.newFixedThreadPool(tasks.size());
    try {
      for (Future<Line> line : executor.invokeAll(tasks)) {
        history.add(line.get());
      }
    } finally {
      executor.shutdown();
    }
    store.close();
    history.addBySequence(prefix + SHARED, shared);
    history.durable(now.getAsInt());
    return history;
  }

  private final class Worker {
    private final ZapStore store;
    private final Line line;
    private final SplittableRandom random;

    /** The keys that are there, as map and key. */
    private final List<String[]> present = new ArrayList<>();

    /** So many of them were there before the newest batch; see {@link #single}. */
    private int removable;

    private long counter;

    Worker(ZapStore store, String name, SplittableRandom random) {
      this.store = store;
      this.line = new Line(name);
      this.random = random;
    }

    Line run() {
      for (int i = 0; i < shape.commits; i++) {
        // Growth, then shrinking.
        boolean growing = i < shape.commits * 2 / 3;
        int dice = random.nextInt(16);
        if (dice == 1 && random.nextInt(3) == 0) {
          store.compact((passed, total) -> {});
        } else if (dice == 0) {
          store.sync();
          line.durable(now.getAsInt());
        } else if (dice < 7) {
          single(growing);
        } else {
          batch(growing);
        }
      }
      return line;
    }

    /**
     * One change. Removes only what was there before the newest batch, and a batch always has a
     * value that never was before: so no state comes up twice.
     */
    private void single(boolean growing) {
      Durability durability = DURABILITIES.get(random.nextInt(DURABILITIES.size()));
      if (removable > 0 && random.nextInt(4) < (growing ? 1 : 3)) {
        int index = random.nextInt(removable);
        String[] place = present.get(index);
        present.set(index, present.get(--removable));
        present.set(removable, present.get(present.size() - 1));
        present.remove(present.size() - 1);
        Committed commit = begin(List.of(new Edit(line.name, place[0], place[1], null)));
        store.map(place[0]).withDurability(durability).remove(place[1]);
        end(commit);
      } else {
        Edit change = put();
        ZapMap map = store.map(change.map()).withDurability(durability);
        Committed commit = begin(List.of(change));
        if (change.value() instanceof Long number) {
          map.putLong(change.key(), number);
        } else if (random.nextInt(3) > 0) {
          map.put(change.key(), value(change));
        } else {
          stream(map, change);
        }
        end(commit);
      }
      if (durability.equals(Durability.SYNC)) {
        line.durable(now.getAsInt());
      }
    }

    private void stream(ZapMap map, Edit change) {
      try (ValueOutputStream out = map.newValue(change.key())) {
        byte[] value = value(change);
        out.write(value, 0, value.length);
        out.commit();
      }
    }

    private void batch(boolean growing) {
      List<Edit> changes = new ArrayList<>();
      int largest = random.nextInt(8) == 0 ? shape.largestBatch : 8;
      for (int i = random.nextInt(largest); i > 0; i--) {
        boolean removes = random.nextInt(4) < (growing ? 1 : 3) && !present.isEmpty();
        changes.add(removes ? remove() : put());
      }
      changes.add(new Edit(line.name, "a", line.name + " mark", ++counter));
      // A batch in several records may be overtaken by others, key by key: their order is not that
      // of
      // the sequences then. Keys of its own line nobody else changes.
      boolean isShared = changes.size() <= MAX_SHARED && random.nextInt(3) == 0;
      if (isShared) {
        addShared(changes);
      }
      Durability durability = DURABILITIES.get(random.nextInt(DURABILITIES.size()));
      Committed commit = begin(changes);
      commit.sequence = filled(changes).commit(durability);
      end(commit);
      removable = present.size();
      if (durability.equals(Durability.SYNC)) {
        commit.durableAt = now.getAsInt();
      } else if (random.nextInt(8) == 0) {
        store.awaitDurable(commit.sequence);
        line.durable(now.getAsInt());
      }
      if (isShared) {
        shared.add(commit);
      }
    }

    private void addShared(List<Edit> changes) {
      String name = prefix + SHARED;
      String mark = line.name + "." + counter;
      for (int i = random.nextInt(4); i > 0; i--) {
        String key = name + " " + random.nextInt(SHARED_KEYS);
        changes.add(new Edit(name, map(), key, random.nextBoolean() ? bytes(mark) : null));
      }
      changes.add(new Edit(name, "b", name + " mark", bytes(mark)));
    }

    private Batch filled(List<Edit> changes) {
      Batch batch = store.batch();
      for (Edit change : changes) {
        ZapMap map = store.map(change.map());
        if (change.value() == null) {
          batch.remove(map, change.key());
        } else if (change.value() instanceof Long number) {
          batch.putLong(map, change.key(), number);
        } else {
          batch.put(map, bytes(change.key()), value(change));
        }
      }
      return batch;
    }

    private static byte[] value(Edit change) {
      return (byte[]) Objects.requireNonNull(change.value());
    }

    private Edit put() {
      String map = map();
      // Longs and short keys stay micro for a while; some other entry makes the map fat.
      boolean micro = map.startsWith("micro") && random.nextInt(30) != 0;
      String key = line.name + " " + random.nextInt(shape.keys);
      Object value = micro || random.nextInt(4) == 0 ? Long.valueOf(++counter) : valueBytes();
      noteThere(map, key);
      return new Edit(line.name, map, key, value);
    }

    private void noteThere(String map, String key) {
      if (present.stream().noneMatch(place -> place[0].equals(map) && place[1].equals(key))) {
        present.add(new String[] {map, key});
      }
    }

    private Edit remove() {
      String[] place = present.remove(random.nextInt(present.size()));
      removable = Math.min(removable, present.size());
      return new Edit(line.name, place[0], place[1], null);
    }

    private byte[] valueBytes() {
      int dice = random.nextInt(60);
      int length = dice == 0 ? shape.largestValue : dice < 4 ? shape.largestValue / 20 : 8 * dice;
      byte[] value = new byte[length + 12];
      random.nextBytes(value);
      byte[] unique = bytes(line.name + ++counter);
      System.arraycopy(unique, 0, value, 0, unique.length);
      return value;
    }

    private String map() {
      int dice = random.nextInt(12);
      return dice < 7 ? "a" : dice < 10 ? "b" : "micro-" + random.nextInt(6);
    }

    private Committed begin(List<Edit> changes) {
      return new Committed(changes, clock.incrementAndGet());
    }

    private void end(Committed commit) {
      commit.endedAt = clock.incrementAndGet();
      line.add(commit);
    }
  }

  private static byte[] bytes(@Nullable String text) {
    return String.valueOf(text).getBytes(StandardCharsets.UTF_8);
  }
}
