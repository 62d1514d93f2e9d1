// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/**
 * Several users of a store, each with an oracle's session. What they do is in steps, and the steps
 * of all are mixed by a seed: so operations overlap as those of threads do, but always in the same
 * way.
 */
final class Actors {
  private static final int KEYS = 8;
  private static final List<String> MAPS = List.of("a", "b");

  private final FakeStore store;
  private final SplittableRandom random;
  private final AtomicLong tags;
  private final boolean fail;
  private final List<Actor> actors = new ArrayList<>();

  /**
   * Users of a store.
   *
   * @param tags gives the next value's tag
   * @param fail whether commits may fail
   */
  Actors(
      FakeStore store,
      Oracle oracle,
      int count,
      SplittableRandom random,
      AtomicLong tags,
      boolean fail) {
    this.store = store;
    this.random = random;
    this.tags = tags;
    this.fail = fail;
    for (int i = 0; i < count; i++) {
      actors.add(new Actor(oracle.session(i), "t" + i));
    }
  }

  /** Takes so many steps. Operations that have begun then are not ended. */
  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      actors.get(random.nextInt(actors.size())).step();
    }
  }

  /** Ends all operations that have begun. */
  void end() {
    actors.forEach(Actor::end);
  }

  /** What one thread does. */
  final class Actor {
    private final Session session;
    private final String line;
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private final Deque<Runnable> walk = new ArrayDeque<>();

    Actor(Session session, String line) {
      this.session = session;
      this.line = line;
    }

    void step() {
      if (steps.isEmpty()) {
        choose();
      }
      steps.remove().run();
    }

    void end() {
      while (!steps.isEmpty()) {
        steps.remove().run();
      }
      while (!walk.isEmpty()) {
        walk.remove().run();
      }
    }

    private void choose() {
      int dice = random.nextInt(20);
      if (dice < 8) {
        commit();
      } else if (dice < 10) {
        get(line, true);
      } else if (dice < 13) {
        get("t" + random.nextInt(actors.size()), false);
      } else if (dice == 13) {
        sync();
      } else {
        if (walk.isEmpty()) {
          beginWalk();
        }
        steps.add(walk.remove());
      }
    }

    private void commit() {
      List<Edit> edits = edits();
      Promise promise = random.nextInt(4) == 0 ? Promise.DURABLE : Promise.LATER;
      AtomicReference<Pending> pending = new AtomicReference<>();
      AtomicLong sequence = new AtomicLong();
      AtomicReference<Exception> failure = new AtomicReference<>();
      boolean fails = fail && random.nextInt(10) == 0;
      steps.add(() -> pending.set(session.begin(edits, promise, store.now())));
      steps.add(
          () -> {
            try {
              if (fails) {
                store.commitFailing(edits.stream().map(Edit::change).toList());
              }
              sequence.set(store.commit(edits.stream().map(Edit::change).toList(), promise));
            } catch (IllegalStateException e) {
              failure.set(e);
            }
          });
      steps.add(
          () -> {
            if (failure.get() == null) {
              pending.get().acknowledged(sequence.get(), store.now());
            } else {
              pending.get().unknown(failure.get());
            }
          });
    }

    private List<Edit> edits() {
      Map<String, Edit> edits = new LinkedHashMap<>();
      int count = 1 + (random.nextBoolean() ? 0 : random.nextInt(5));
      for (int i = 0; i < count; i++) {
        String map = MAPS.get(random.nextInt(MAPS.size()));
        String key = line + "." + random.nextInt(KEYS);
        boolean removes = random.nextInt(3) == 0;
        Value value = new Value(tags.incrementAndGet(), 8 + random.nextInt(9));
        edits.put(map + key, new Edit(map, key, removes ? null : value));
      }
      return List.copyOf(edits.values());
    }

    private void get(String ofLine, boolean exactly) {
      String map = MAPS.get(random.nextInt(MAPS.size()));
      String key = ofLine + "." + random.nextInt(KEYS);
      byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
      if (exactly) {
        steps.add(() -> session.checkRead(map, key, store.get(map, keyBytes)));
        return;
      }
      AtomicReference<Session.Reading> reading = new AtomicReference<>();
      AtomicReference<byte[]> got = new AtomicReference<>();
      steps.add(() -> reading.set(session.reading(map, key)));
      steps.add(() -> got.set(store.get(map, keyBytes)));
      steps.add(() -> reading.get().got(got.get()));
    }

    private void sync() {
      AtomicReference<Syncing> syncing = new AtomicReference<>();
      steps.add(() -> syncing.set(session.syncing()));
      steps.add(store::sync);
      steps.add(() -> syncing.get().durable(store.now()));
    }

    private void beginWalk() {
      String map = MAPS.get(random.nextInt(MAPS.size()));
      ScanCheck check = session.scan(map);
      Scan scan = store.scan(map, 0);
      walk.add(() -> go(check, scan));
    }

    private void go(ScanCheck check, Scan scan) {
      Entry entry = scan.next();
      if (entry == null) {
        check.end();
      } else {
        check.saw(entry);
        walk.add(() -> go(check, scan));
      }
    }
  }
}
