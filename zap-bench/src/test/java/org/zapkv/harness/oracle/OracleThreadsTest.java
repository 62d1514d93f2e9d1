// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.FakeStore.Lie;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject.Entry;
import org.zapkv.harness.subject.Subject.Scan;

/** Threads that change few keys and read each other's: an honest store is not accused. */
final class OracleThreadsTest {
  private static final int THREADS = 4;
  private static final int OPERATIONS = 10_000;
  private static final int KEYS = 3;

  private final Oracle oracle = new Oracle(THREADS, EnumSet.allOf(Capability.class));

  @Test
  void readsAndWalksOfKeysThatChangeMeanwhileAreBelieved() throws Exception {
    Seeds.run(
        seed -> {
          FakeStore store = new FakeStore(Lie.NONE, true, new SplittableRandom(seed));
          ExecutorService executor = Executors.newFixedThreadPool(THREADS);
          try {
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
              int thread = i;
              tasks.add(() -> work(thread, store, new SplittableRandom(seed + thread)));
            }
            for (Future<Integer> task : executor.invokeAll(tasks)) {
              assertEquals(OPERATIONS, task.get());
            }
          } finally {
            executor.shutdown();
          }
          oracle.judge(Found.read(store), 0, false);
          oracle.settle(Found.read(store.crashed(store.now())), store.now(), true);
        });
  }

  private int work(int thread, FakeStore store, SplittableRandom random) {
    Session session = oracle.session(thread);
    for (int i = 0; i < OPERATIONS; i++) {
      int dice = random.nextInt(10);
      if (dice == 0) {
        walk(session, store);
      } else if (dice < 6) {
        read(session, store, key(random.nextInt(THREADS), random));
      } else {
        long tag = ((long) thread << 32) + i + 1;
        Value value = random.nextBoolean() ? new Value(tag, 8) : null;
        commit(session, store, new Edit("m", key(thread, random), value), random.nextInt(5) == 0);
      }
    }
    return OPERATIONS;
  }

  private static String key(int line, SplittableRandom random) {
    return "t" + line + "." + random.nextInt(KEYS);
  }

  private static void commit(Session session, FakeStore store, Edit edit, boolean fails) {
    Pending pending = session.begin(List.of(edit), Promise.LATER, store.now());
    try {
      if (fails) {
        store.commitFailing(List.of(edit.change()));
      }
      pending.acknowledged(store.commit(List.of(edit.change()), Promise.LATER), store.now());
    } catch (IllegalStateException e) {
      pending.unknown(e);
    }
  }

  private static void read(Session session, FakeStore store, String key) {
    Session.Reading reading = session.reading("m", key);
    reading.got(store.get("m", key.getBytes(StandardCharsets.UTF_8)));
  }

  private static void walk(Session session, FakeStore store) {
    ScanCheck check = session.scan("m");
    try (Scan scan = store.scan("m", 0)) {
      for (Entry entry = scan.next(); entry != null; entry = scan.next()) {
        check.saw(entry);
      }
    }
    check.end();
  }
}
