// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.reflect.AnnotatedType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.ZapException;
import org.zapkv.store.PublicApi.Call;

/** Every public method, found by reflection: closed, while it is being closed, and with null. */
class EveryMethodTest {
  /** Belong to no store, or are copies of what one had. */
  private static final Set<Class<?>> WITHOUT_STORE =
      Set.of(Durability.class, MapOptions.class, ZapEntry.class, ZapStoreBuilder.class);

  /** Answer after the store is closed, as their documents say; nothing else does. */
  private static final Set<String> HARMLESS =
      Set.of(
          "ZapStore.name",
          "ZapStore.toString",
          "ZapStore.close",
          "ZapStore.batch",
          "ZapMap.name",
          "ZapMap.toString",
          "ZapMap.durability",
          "ZapMap.withDurability",
          "TypedMap.map",
          "TypedMap.toString",
          "TypedMap.withDurability",
          "TypedMap.asConcurrentMap",
          "Batch.put",
          "Batch.putLong",
          "Batch.remove",
          "Batch.clear",
          "Batch.size",
          "Batch.heapBytes",
          "MapCursor.entry",
          "MapCursor.cookie",
          "MapCursor.nextCookie",
          "MapCursor.close",
          "MapSplit.index",
          "MapSplit.count",
          "MapSplit.toString",
          "StoreTransaction.toString",
          "ValueInputStream.lengthBytes",
          "ValueInputStream.close",
          "ValueOutputStream.flush",
          "ValueOutputStream.lengthBytes",
          "ValueOutputStream.close");

  @Test
  void afterCloseEachSaysSoOrIsHarmless() {
    ZapStore store = ZapStore.inMemory();
    PublicApi api = new PublicApi(store);
    assertEquals(List.of(), api.missing(), "PublicApi finds no instance");
    List<Call> calls =
        api.calls().stream().filter(call -> !WITHOUT_STORE.contains(call.type())).toList();
    Set<String> found = Set.copyOf(calls.stream().map(Call::name).toList());
    store.close();
    assertAll(calls.stream().map(call -> () -> assertClosed(api, call)));
    assertAll(HARMLESS.stream().map(name -> () -> assertTrue(found.contains(name), name)));
  }

  private static void assertClosed(PublicApi api, Call call) {
    Throwable thrown = thrown(call, api.arguments(call.method()));
    if (HARMLESS.contains(call.name())) {
      assertEquals(null, thrown, call::toString);
    } else if (api.isOver(call.type())) {
      assertTrue(
          thrown == null || thrown instanceof ClosedException || isOver(thrown),
          () -> call + ": " + thrown);
    } else {
      assertTrue(thrown instanceof ClosedException, () -> call + ": " + thrown);
    }
  }

  /** What is handed to a callback may say that it is over before anything else. */
  private static boolean isOver(@Nullable Throwable thrown) {
    return thrown instanceof IllegalStateException
        || thrown instanceof NoSuchElementException
        || thrown instanceof IndexOutOfBoundsException;
  }

  private static @Nullable Throwable thrown(Call call, Object... arguments) {
    try {
      Object result = call.on(arguments);
      // What is lazy may say so later.
      if (result instanceof Stream<?> stream) {
        stream.close();
      }
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  @Test
  void nullIsRefusedAndNothingIsChanged() {
    try (ZapStore store = ZapStore.inMemory()) {
      PublicApi api = new PublicApi(store);
      Map<String, Map<String, ZapEntry>> before = api.content();
      List<Executable> checks = new ArrayList<>();
      for (Call call :
          Stream.concat(api.calls().stream(), PublicApi.staticCalls().stream()).toList()) {
        AnnotatedType[] types = call.method().getAnnotatedParameterTypes();
        for (int i = 0; i < types.length; i++) {
          if (isNonNull(call, i, types[i])) {
            checks.add(nullCheck(api, call, i));
          }
        }
      }
      assertTrue(checks.size() > 50, () -> checks.size() + " parameters");
      assertAll(checks);
      assertEquals(before, api.content());
      assertEquals(0, store.statistics().cache().outstandingHolds());
    }
  }

  private static boolean isNonNull(Call call, int parameter, AnnotatedType type) {
    return !call.method().getParameterTypes()[parameter].isPrimitive()
        && !type.isAnnotationPresent(Nullable.class);
  }

  private static Executable nullCheck(PublicApi api, Call call, int parameter) {
    return () -> {
      Object[] arguments = api.arguments(call.method());
      arguments[parameter] = null;
      Throwable thrown = thrown(call, arguments);
      assertTrue(
          thrown instanceof NullPointerException || (api.isOver(call.type()) && isOver(thrown)),
          () -> call + " with null for parameter " + parameter + ": " + thrown);
    };
  }

  @Test
  void whileItIsBeingClosedEachAnswersOrSaysSo() throws Exception {
    long seed = Seeds.next();
    for (int round = 0; round < 3; round++) {
      closeUnderCalls(seed + round);
    }
  }

  private static void closeUnderCalls(long seed) throws Exception {
    int threads = 4;
    ZapStore store = ZapStore.inMemory();
    PublicApi api = new PublicApi(store);
    Predicate<Call> called =
        call ->
            !WITHOUT_STORE.contains(call.type())
                && !api.isOver(call.type())
                && call.type() != Batch.class
                && call.type() != MapCursor.class
                && !call.name().equals("ZapStore.close");
    List<Call> calls = api.calls().stream().filter(called).toList();
    ExecutorService executor = Executors.newFixedThreadPool(threads + 2);
    CountDownLatch started = new CountDownLatch(threads);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        Random random = new Random(seed * threads + t);
        all.add(executor.submit(() -> callUntilClosed(api, calls, random, started)));
      }
      assertTrue(started.await(300, TimeUnit.SECONDS));
      // Two at a time: the second waits for the first.
      all.add(executor.submit(store::close));
      all.add(executor.submit(store::close));
      for (Future<?> each : all) {
        each.get(300, TimeUnit.SECONDS);
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      executor.shutdownNow();
    }
  }

  private static void callUntilClosed(
      PublicApi api, List<Call> calls, Random random, CountDownLatch started) {
    while (true) {
      Call call = calls.get(random.nextInt(calls.size()));
      Throwable thrown = thrown(call, api.arguments(call.method()));
      started.countDown();
      if (thrown instanceof ClosedException) {
        return;
      }
      // A callback does not know what it has to return: the caller's own mistake.
      if (thrown instanceof StoreFailedException
          || (thrown != null
              && !(thrown instanceof ZapException)
              && !(thrown instanceof ClassCastException))) {
        fail(call.toString(), thrown);
      }
    }
  }

  @Test
  void partsAreClosedInAnyOrderAndTwice() {
    for (int order = 0; order < 4; order++) {
      ZapStore store = ZapStore.inMemory();
      ZapMap map = store.map("m");
      map.put("key", "value");
      MapCursor cursor = map.cursor();
      Batch batch = store.batch().put(map, "other", "value");
      assertTrue(cursor.next());
      List<AutoCloseable> parts = List.of(store, cursor, store, cursor);
      for (int i = 0; i < parts.size(); i++) {
        AutoCloseable part = parts.get((i + order) % parts.size());
        try {
          part.close();
        } catch (Exception e) {
          fail("order " + order, e);
        }
      }
      assertTrue(thrownBy(batch::commit) instanceof ClosedException);
      assertTrue(thrownBy(cursor::next) instanceof ClosedException);
      assertEquals(1, batch.size());
    }
  }

  private static @Nullable Throwable thrownBy(Executable action) {
    try {
      action.execute();
      return null;
    } catch (Throwable e) {
      return e;
    }
  }
}
