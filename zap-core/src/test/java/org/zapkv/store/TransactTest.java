// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CodecException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.TransactionConflictException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;

/** Transactions, one thread at a time; others come between where the function lets them. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransactTest {
  private static final byte[] KEY = {'k'};

  private final ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();
  private final ZapMap map = store.map("m");
  private final ZapMap other = store.map("other");

  @AfterEach
  void close() {
    StoreCheckReport report = store.check((done, total) -> {});
    assertEquals(List.of(), report.problems());
    assertEquals(0, report.leakedBytes());
    store.close();
  }

  private void run(Consumer<StoreTransaction> body) {
    store.transact(
        tx -> {
          body.accept(tx);
          return "done";
        });
  }

  @Test
  void changesOfSeveralMapsAreMadeAtTheEnd() {
    map.put("gone", "soon");
    String result =
        store.transact(
            tx -> {
              tx.put(map, "k", "v");
              tx.putLong(other, "n", 7);
              tx.put(map, "bytes", new byte[] {1});
              tx.remove(map, "gone");
              tx.remove(map, "never there");
              assertNull(map.get("k"), "not before the end");
              assertTrue(map.containsKey("gone"));
              return "result";
            });
    assertEquals("result", result);
    assertEquals("v", map.getString("k"));
    assertEquals(OptionalLong.of(7), other.getLong("n"));
    assertArrayEquals(new byte[] {1}, map.get("bytes"));
    assertFalse(map.containsKey("gone"));
    assertNull(store.<String>transact(tx -> null));
  }

  @Test
  void itReadsWhatItHasWritten() {
    map.put("k", "old");
    map.putLong("n", 1);
    run(
        tx -> {
          assertEquals("old", tx.getString(map, "k"));
          tx.put(map, "k", "new");
          assertEquals("new", tx.getString(map, "k"));
          assertTrue(tx.containsKey(map, "k"));
          tx.remove(map, "k");
          assertNull(tx.get(map, "k"));
          assertFalse(tx.containsKey(map, KEY));
          tx.put(map, KEY, new byte[] {5});
          assertArrayEquals(new byte[] {5}, tx.get(map, KEY));
          assertEquals(OptionalLong.of(1), tx.getLong(map, "n"));
          tx.putLong(map, "n", 2);
          assertEquals(OptionalLong.of(2), tx.getLong(map, "n"));
          assertEquals(OptionalLong.empty(), tx.getLong(map, "absent"));
          assertThrows(ValueTypeException.class, () -> tx.get(map, "n"));
          assertThrows(ValueTypeException.class, () -> tx.getLong(map, "k"));
        });
    assertArrayEquals(new byte[] {5}, map.get("k"));
    assertEquals(OptionalLong.of(2), map.getLong("n"));
  }

  @Test
  void arraysAreCopies() {
    byte[] key = {'k'};
    byte[] value = {1, 2};
    run(
        tx -> {
          tx.put(map, key, value);
          key[0] = 'x';
          value[0] = 9;
          Objects.requireNonNull(tx.get(map, KEY))[0] = 9;
          assertArrayEquals(new byte[] {1, 2}, tx.get(map, KEY));
        });
    assertArrayEquals(new byte[] {1, 2}, map.get(KEY));
    AtomicInteger runs = new AtomicInteger();
    run(
        tx -> {
          runs.incrementAndGet();
          Objects.requireNonNull(tx.get(map, KEY))[0] = 9;
          assertArrayEquals(new byte[] {1, 2}, tx.get(map, KEY));
          tx.put(map, "y", "z");
        });
    assertEquals(1, runs.get(), "what the caller does with an array is no conflict");
  }

  @Test
  void mapsOfObjects() {
    TypedMap<String, Long> counts = store.map("counts", Codec.utf8(), Codec.longs());
    TypedMap<Long, String> names = store.map("names", Codec.longs(), Codec.utf8());
    run(
        tx -> {
          assertNull(tx.get(counts, "a"));
          tx.put(counts, "a", 1L);
          tx.put(names, 1L, "a");
          tx.put(names, 2L, "b");
          tx.remove(names, 2L);
          assertEquals(1L, tx.get(counts, "a"));
          assertNull(tx.get(names, 2L));
          assertThrows(CodecException.class, () -> tx.put(counts, "x".repeat(1024), 1L));
        });
    assertEquals(1L, counts.get("a"));
    assertEquals("a", names.get(1L));
    assertEquals(1, names.size());
  }

  /** Runs a function in whose first run another comes between; how often it was run. */
  private int runsWith(Consumer<StoreTransaction> body, Runnable between) {
    AtomicInteger runs = new AtomicInteger();
    run(
        tx -> {
          body.accept(tx);
          if (runs.incrementAndGet() == 1) {
            CompletableFuture.runAsync(between).join();
          }
        });
    return runs.get();
  }

  @Test
  void whatItHasReadMustNotHaveChanged() {
    map.put("k", "old");
    map.putLong("n", 1);
    map.put("large", new byte[5000]);
    assertEquals(2, runsWith(tx -> tx.get(map, "k"), () -> map.put("k", "new")), "only read");
    assertEquals("new", map.getString("k"));
    Consumer<StoreTransaction> copy =
        tx -> tx.put(other, "copy", Objects.requireNonNullElse(tx.getString(map, "k"), "none"));
    assertEquals(2, runsWith(copy, () -> map.put("k", "newer")));
    assertEquals("newer", other.getString("copy"));
    assertEquals(2, runsWith(copy, () -> map.remove("k")));
    assertEquals("none", other.getString("copy"));
    assertEquals(2, runsWith(copy, () -> map.putIfAbsent("k", "there")), "absent is read, too");
    assertEquals("there", other.getString("copy"));
    assertEquals(2, runsWith(copy, () -> map.compute("k", (k, v) -> v + "!")));
    assertEquals("there!", other.getString("copy"));
    assertEquals(2, runsWith(copy, () -> store.batch().put(map, "k", "batch").commit()));
    assertEquals(2, runsWith(copy, () -> run(tx -> tx.put(map, "k", "tx"))));
    assertEquals("tx", other.getString("copy"));
    Consumer<StoreTransaction> add = tx -> tx.putLong(map, "n", tx.getLong(map, "n").orElse(0) + 1);
    assertEquals(2, runsWith(add, () -> map.increment("n", 1)));
    assertEquals(OptionalLong.of(3), map.getLong("n"));
    Consumer<StoreTransaction> large = tx -> tx.putLong(other, "first", read(tx, "large")[0]);
    byte[] value = new byte[5000];
    value[0] = 3;
    assertEquals(2, runsWith(large, () -> map.put("large", value)));
    assertEquals(OptionalLong.of(3), other.getLong("first"));
    assertEquals(2, runsWith(tx -> tx.containsKey(map, "x"), () -> map.put("x", "")));
  }

  private byte[] read(StoreTransaction tx, String key) {
    return Objects.requireNonNull(tx.get(map, key));
  }

  @Test
  void whatItHasNotReadMayChange() {
    map.put("k", "old");
    map.put("other", "old");
    Consumer<StoreTransaction> body =
        tx -> {
          assertEquals("old", tx.getString(map, "k"));
          tx.put(map, "written", "by the transaction");
          tx.remove(map, "removed");
        };
    int runs =
        runsWith(
            body,
            () -> {
              map.put("other", "new");
              map.put("written", "by another");
              map.put("removed", "by another");
              map.put("k", "new");
              map.put("k", "old");
            });
    assertEquals(1, runs, "and what has changed back has not changed");
    assertEquals("by the transaction", map.getString("written"));
    assertFalse(map.containsKey("removed"));
  }

  @Test
  void eachKeyIsReadOnce() {
    map.put("k", "old");
    AtomicInteger runs = new AtomicInteger();
    run(
        tx -> {
          String first = tx.getString(map, "k");
          if (runs.incrementAndGet() == 1) {
            CompletableFuture.runAsync(() -> map.put("k", "new")).join();
          }
          assertEquals(first, tx.getString(map, "k"));
        });
    assertEquals(2, runs.get());
  }

  @Test
  void moreChangesThanARecordHasAreAllOrNothing() {
    int count = 1000;
    AtomicInteger runs = new AtomicInteger();
    for (int round = 1; round <= 3; round++) {
      int value = round;
      runs.set(0);
      run(
          tx -> {
            long read = tx.getLong(map, "read").orElse(0);
            for (int i = 0; i < count; i++) {
              tx.putLong(map, "key " + i, value);
              tx.put(other, "key " + i, "x".repeat(i % 10 == 0 ? 3000 : 3));
            }
            if (runs.incrementAndGet() == 1) {
              assertEquals(value - 1, map.getLong("key 5").orElse(0));
              CompletableFuture.runAsync(() -> map.putLong("read", read + 1)).join();
            }
          });
      assertEquals(2, runs.get());
      for (int i = 0; i < count; i++) {
        assertEquals(value, map.getLong("key " + i).orElseThrow());
      }
    }
    assertEquals(count, other.size());
    run(tx -> other.forEach(entry -> tx.remove(other, entry.key())));
    assertEquals(0, other.size());
  }

  @Test
  void whatTheFunctionThrowsComesOut() {
    map.put("k", "old");
    RuntimeException thrown = new UnsupportedOperationException("of the test");
    AssertionError error = new AssertionError("of the test");
    assertSame(
        thrown,
        assertThrows(
            RuntimeException.class,
            () ->
                run(
                    tx -> {
                      tx.get(map, "k");
                      tx.put(map, "k", "new");
                      throw thrown;
                    })));
    assertSame(
        error,
        assertThrows(
            AssertionError.class,
            () ->
                run(
                    tx -> {
                      tx.put(map, "k", "new");
                      throw error;
                    })));
    assertEquals("old", map.getString("k"));
    run(tx -> tx.put(map, "k", "new"));
    assertEquals("new", map.getString("k"), "the thread is not marked any more");
  }

  /** It may have seen what never was there at one time. */
  @Test
  void whatItThrowsOverAReadThatIsNoLongerTrueIsTriedAgain() {
    map.put("k", "bad");
    AtomicInteger runs = new AtomicInteger();
    run(
        tx -> {
          if ("bad".equals(tx.getString(map, "k"))) {
            runs.incrementAndGet();
            CompletableFuture.runAsync(() -> map.put("k", "good")).join();
            throw new IllegalStateException("of the test");
          }
        });
    assertEquals(1, runs.get());
  }

  @Test
  void whoIsAlwaysOvertakenIsTold() {
    map.putLong("n", 0);
    AtomicInteger runs = new AtomicInteger();
    TransactionConflictException e =
        assertThrows(
            TransactionConflictException.class,
            () ->
                run(
                    tx -> {
                      runs.incrementAndGet();
                      tx.putLong(map, "result", tx.getLong(map, "n").orElse(0));
                      map.increment("n", 1);
                    }));
    assertEquals(100, runs.get());
    assertEquals(OptionalLong.of(100), map.getLong("n"), "changes beside it stand");
    assertFalse(map.containsKey("result"));
    assertTrue(e.getMessage().contains("100 times"), e.getMessage());
    assertTrue(e.getMessage().contains("key \"n\" of map \"m\""), e.getMessage());
    RuntimeException thrown = new UnsupportedOperationException("of the test");
    e =
        assertThrows(
            TransactionConflictException.class,
            () ->
                run(
                    tx -> {
                      tx.getLong(map, "n");
                      map.increment("n", 1);
                      throw thrown;
                    }));
    assertSame(thrown, e.getCause());
  }

  @Test
  void whatItMayNotDo() {
    AtomicReference<StoreTransaction> kept = new AtomicReference<>();
    run(kept::set);
    StoreTransaction ended = kept.get();
    assertThrows(IllegalStateException.class, () -> ended.get(map, "k"));
    assertThrows(IllegalStateException.class, () -> ended.put(map, "k", "v"));
    assertThrows(IllegalStateException.class, () -> ended.remove(map, "k"));
    run(
        tx -> {
          assertThrows(IllegalStateException.class, () -> run(inner -> {}));
          CompletionException e =
              assertThrows(
                  CompletionException.class,
                  () -> CompletableFuture.runAsync(() -> tx.put(map, "k", "v")).join());
          assertEquals(IllegalStateException.class, e.getCause().getClass());
        });
    map.compute(
        "k",
        (k, v) -> {
          assertThrows(IllegalStateException.class, () -> run(tx -> {}));
          return v;
        });
    try (ZapStore second = ZapStore.inMemory()) {
      ZapMap foreign = second.map("m");
      run(
          tx -> {
            assertThrows(IllegalArgumentException.class, () -> tx.get(foreign, "k"));
            assertThrows(IllegalArgumentException.class, () -> tx.put(foreign, "k", "v"));
            String inner = second.transact(inside -> inside.toString());
            assertEquals("StoreTransaction[in memory, 0 changes]", inner, "another store is free");
          });
    }
    byte[] longKey = new byte[ZapMap.MAX_KEY_BYTES + 1];
    run(
        tx -> {
          assertThrows(KeyTooLongException.class, () -> tx.get(map, longKey));
          assertThrows(KeyTooLongException.class, () -> tx.remove(map, longKey));
          assertThrows(
              ValueTooLargeException.class,
              () -> tx.put(map, KEY, new byte[ZapMap.MAX_VALUE_BYTES + 1]));
          assertThrows(NullPointerException.class, () -> tx.put(map, KEY, null));
          assertThrows(NullPointerException.class, () -> tx.get((ZapMap) null, KEY));
        });
    assertThrows(NullPointerException.class, () -> store.transact(null));
    assertThrows(NullPointerException.class, () -> store.transact(null, tx -> "x"));
    assertEquals(0, map.size());
  }

  @Test
  void afterCloseItIsRefused() {
    ZapStore closed = ZapStore.inMemory();
    ZapMap closedMap = closed.map("m");
    assertThrows(
        ClosedException.class,
        () ->
            closed.transact(
                tx -> {
                  tx.put(closedMap, "k", "v");
                  closed.close();
                  return 1;
                }));
    assertThrows(ClosedException.class, () -> closed.transact(tx -> tx.get(closedMap, "k")));
    assertThrows(ClosedException.class, () -> closed.transact(tx -> 1));
  }

  @Test
  void aBatchReadsWhatItHasWritten() {
    map.put("k", "old");
    map.putLong("n", 1);
    Batch batch = store.batch();
    assertEquals("old", batch.getString(map, "k"));
    batch.put(map, "k", "new").putLong(map, "n", 2).put(map, KEY, new byte[] {7});
    assertArrayEquals(new byte[] {7}, batch.get(map, KEY));
    Objects.requireNonNull(batch.get(map, KEY))[0] = 8;
    assertArrayEquals(new byte[] {7}, batch.get(map, KEY));
    assertEquals(OptionalLong.of(2), batch.getLong(map, "n"));
    assertEquals(OptionalLong.of(1), map.getLong("n"));
    batch.remove(map, "k");
    assertNull(batch.getString(map, "k"));
    assertNull(batch.entry(map, KEY));
    assertEquals(OptionalLong.empty(), batch.getLong(map, KEY));
    assertThrows(ValueTypeException.class, () -> batch.get(map, Keys.utf8("n")));
    assertThrows(
        IllegalArgumentException.class,
        () -> {
          try (ZapStore second = ZapStore.inMemory()) {
            batch.get(second.map("m"), KEY);
          }
        });
    batch.clear();
    assertEquals("old", batch.getString(map, "k"));
  }
}
