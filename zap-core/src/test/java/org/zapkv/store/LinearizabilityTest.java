// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.zapkv.store.LinearHistory.ABSENT;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.store.LinearHistory.Effect;
import org.zapkv.store.LinearHistory.Step;

/**
 * The operations of single keys, of several threads at once: each takes effect at one moment
 * between its begin and its end. Longer with {@code -Dzap.linear.rounds=100000}.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinearizabilityTest {
  private static final int ROUNDS = Integer.getInteger("zap.linear.rounds", 400);
  private static final int THREADS = 3;
  private static final int CALLS = 8;
  private static final int KEYS = 2;

  private static Effect changing(LongUnaryOperator answer, LongUnaryOperator next) {
    return state -> new Step(answer.applyAsLong(state), next.applyAsLong(state));
  }

  private static Effect reading() {
    return changing(state -> state, state -> state);
  }

  private static Effect adding(long delta) {
    LongUnaryOperator sum = state -> (state == ABSENT ? 0 : state) + delta;
    return changing(sum, sum);
  }

  private static long found(boolean is) {
    return is ? 1 : 0;
  }

  /** One random call. */
  private static void call(
      LinearHistory history, ZapStore store, ZapMap map, String key, SplittableRandom random) {
    long value = random.nextInt(4);
    long other = random.nextInt(4);
    byte[] bytes = Keys.utf8(key);
    switch (random.nextInt(14)) {
      case 0, 1 -> history.call("get", reading(), () -> map.getLong(bytes, ABSENT));
      case 2 ->
          history.call(
              "contains",
              changing(state -> found(state != ABSENT), state -> state),
              () -> found(map.containsKey(key)));
      case 3 ->
          history.call(
              "put " + value,
              changing(state -> 0, state -> value),
              () -> {
                map.putLong(key, value);
                return 0;
              });
      case 4 ->
          history.call(
              "remove",
              changing(state -> found(state != ABSENT), state -> ABSENT),
              () -> found(map.remove(key)));
      case 5 ->
          history.call(
              "putIfAbsent " + value,
              changing(state -> state, state -> state == ABSENT ? value : state),
              () -> map.putLongIfAbsent(key, value).orElse(ABSENT));
      case 6 ->
          history.call(
              "replace " + value,
              changing(state -> found(state != ABSENT), state -> state == ABSENT ? ABSENT : value),
              () -> found(map.replaceLong(key, value)));
      case 7 ->
          history.call(
              "replace " + other + " by " + value,
              changing(state -> found(state == other), state -> state == other ? value : state),
              () -> found(map.replaceLong(key, other, value)));
      case 8 ->
          history.call(
              "remove " + other,
              changing(state -> found(state == other), state -> state == other ? ABSENT : state),
              () -> found(map.removeLong(key, other)));
      case 9 ->
          history.call(
              "getAndPut " + value,
              changing(state -> state, state -> value),
              () -> map.getAndPutLong(key, value).orElse(ABSENT));
      case 10 ->
          history.call(
              "getAndRemove",
              changing(state -> state, state -> ABSENT),
              () -> map.getAndRemoveLong(key).orElse(ABSENT));
      case 11 ->
          history.call(
              "merge " + value,
              changing(state -> Math.max(state, value), state -> Math.max(state, value)),
              () -> map.mergeLong(key, value, Math::max));
      case 12 -> history.call("increment", adding(1), () -> map.increment(key, 1));
      default ->
          history.call(
              "increment by a transaction",
              adding(1),
              () ->
                  store.<Long>transact(
                      tx -> {
                        long sum = tx.getLong(map, key).orElse(0) + 1;
                        tx.putLong(map, key, sum);
                        return sum;
                      }));
    }
  }

  @ParameterizedTest(name = "micro: {0}")
  @ValueSource(booleans = {true, false})
  void everyCallTakesEffectAtOneMoment(boolean micro) {
    long seed = Seeds.next();
    try (ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory()) {
      ZapMap map = store.map("m");
      if (!micro) {
        map.put("makes it fat", "x");
      }
      List<List<LinearHistory>> rounds = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        rounds.add(List.of(new LinearHistory(), new LinearHistory()));
      }
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      MeetingPoint meeting = new MeetingPoint(THREADS);
      for (int i = 0; i < THREADS; i++) {
        SplittableRandom random = new SplittableRandom(seed + i);
        threads.add(
            CompletableFuture.runAsync(
                () -> meeting.guard(() -> play(rounds, store, map, random, meeting)),
                task -> new Thread(task, "linear").start()));
      }
      threads.forEach(CompletableFuture::join);
      for (List<LinearHistory> round : rounds) {
        for (LinearHistory history : round) {
          assertNull(history.problem(ABSENT), "-Dzap.seed=" + seed);
        }
      }
      assertEquals(micro, map.isMicro());
    }
  }

  /** Each round has keys of its own, which are removed when all have ended it. */
  private static void play(
      List<List<LinearHistory>> rounds,
      ZapStore store,
      ZapMap map,
      SplittableRandom random,
      MeetingPoint meeting) {
    for (int round = 0; round < rounds.size(); round++) {
      meeting.meet();
      map.remove("key " + (KEYS * (round - 1)));
      map.remove("key " + (KEYS * (round - 1) + 1));
      for (int i = 0; i < CALLS; i++) {
        int key = random.nextInt(KEYS);
        String name = "key " + (KEYS * round + key);
        call(rounds.get(round).get(key), store, map, name, random);
      }
    }
  }

  @Test
  void aHistoryThatHasAnOrderIsExplained() {
    LinearHistory history = new LinearHistory();
    long[] state = {ABSENT};
    // The put is under way while two read: the first sees it, and so does the second.
    history.call(
        "put",
        changing(before -> 0, before -> 3),
        () -> {
          history.call("get", reading(), () -> ABSENT);
          history.call("get", reading(), () -> 3);
          history.call("increment", adding(1), () -> 4);
          state[0] = 4;
          return 0;
        });
    history.call("get", reading(), () -> state[0]);
    assertNull(history.problem(ABSENT));
  }

  /** What a map answers whose increment reads first and puts later. */
  @Test
  void aLostUpdateIsFound() {
    LinearHistory history = new LinearHistory();
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      byte[] key = {'k'};
      history.call(
          "increment",
          adding(1),
          () -> {
            long seen = map.getLong(key, 0);
            history.call("increment", adding(1), () -> map.increment(key, 1));
            map.putLong(key, seen + 1);
            return seen + 1;
          });
      history.call("get", reading(), () -> map.getLong(key, ABSENT));
    }
    String problem = history.problem(ABSENT);
    assertNotNull(problem);
    assertEquals(
        "no order explains:\n    1 to   4: increment = 1\n    2 to   3: increment = 1"
            + "\n    5 to   6: get = 1",
        problem);
  }

  @Test
  void whatIsReadTooLateIsFound() {
    LinearHistory stale = new LinearHistory();
    stale.call("put", changing(before -> 0, before -> 3), () -> 0);
    stale.call("get", reading(), () -> ABSENT);
    assertNotNull(stale.problem(ABSENT), "what was over");
    LinearHistory back = new LinearHistory();
    back.call(
        "put",
        changing(before -> 0, before -> 3),
        () -> {
          back.call("get", reading(), () -> 3);
          back.call("get", reading(), () -> ABSENT);
          return 0;
        });
    assertNotNull(back.problem(ABSENT), "seen, and not seen any more");
  }
}
