// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.Transaction;

/** A batch in parts that is taken back after others have changed the same keys. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LargeBatchTest {
  private static final int LARGE_BYTES = 5000;

  private final CrashStore crash = new CrashStore(1);
  private final ZapStore store = crash.create();
  private final ZapMap map = store.map("m");

  @BeforeEach
  void fill() {
    for (String key : List.of("a", "b", "c", "d", "e")) {
      map.put(key, "old");
    }
    map.put("large", new byte[LARGE_BYTES]);
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** A part of a batch that is made, and, when others have done something, taken back. */
  private void takenBackAfter(Runnable others, Change... changes) {
    ChangeSet byKey = new ChangeSet();
    for (Change change : changes) {
      byKey.put(change);
    }
    List<Change> part = List.of(byKey.toArray());
    store.largeBatches().begin(byKey);
    try (Transaction tx = store.begin(1 << 20)) {
      BatchApplier applier = new BatchApplier(store, tx);
      applier.prepare(part);
      withStripes(part, () -> applier.apply(part));
      CompletableFuture.runAsync(others).join();
      withStripes(part, () -> applier.putBack(part, new IllegalStateException("of the test")));
    } finally {
      store.largeBatches().end(byKey);
    }
  }

  private void withStripes(List<Change> part, Runnable body) {
    BitSet stripes = store.stripes().lock(part);
    try {
      body.run();
    } finally {
      store.stripes().unlock(stripes);
    }
  }

  private MapKey key(String key) {
    return new MapKey(map, Keys.utf8(key));
  }

  private Change put(String key, String value) {
    return Change.put(key(key), Keys.utf8(value));
  }

  /** After a crash the log says the same as memory. */
  private void assertSame(Map<String, String> expected) {
    for (Map.Entry<String, String> entry : expected.entrySet()) {
      assertEquals(entry.getValue(), map.getString(entry.getKey()), entry.getKey());
    }
    store.batch().commit();
    Map<String, ZapEntry> content = CrashStore.content(store);
    store.sync();
    assertSound(store);
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals(content, CrashStore.content(again));
      assertSound(again);
    }
  }

  /** Nothing is damaged; what was replaced, by whomever, was freed. */
  private static void assertSound(ZapStore store) {
    StoreCheckReport report = store.check((done, total) -> {});
    assertEquals(List.of(), report.problems());
    assertEquals(0, report.leakedBytes());
  }

  @Test
  void whatNobodyTouchedIsAsBefore() {
    takenBackAfter(
        () -> {}, put("a", "new"), Change.remove(key("b")), put("x", "y"), put("large", "small"));
    assertNull(map.get("x"));
    assertArrayEquals(new byte[LARGE_BYTES], map.get("large"));
    assertSame(Map.of("a", "old", "b", "old"));
  }

  /** The others put what the batch put, so that comparing values would not tell. */
  @Test
  void whatOthersHaveDoneStands() {
    takenBackAfter(
        () -> {
          map.put("a", "new");
          map.put("b", "new");
          assertFalse(map.remove("c"));
          map.remove("d");
          map.put("large", new byte[LARGE_BYTES + 1]);
        },
        put("a", "new"),
        Change.remove(key("b")),
        Change.remove(key("c")),
        put("d", "new"),
        put("e", "new"),
        Change.put(key("large"), new byte[LARGE_BYTES]));
    assertNull(map.get("c"));
    assertNull(map.get("d"));
    assertEquals(LARGE_BYTES + 1, map.get("large").length);
    assertSame(Map.of("a", "new", "b", "new", "e", "old"));
  }

  /** Its change is taken back, as the batch has not been told of it: the store is as before. */
  @Test
  void aStreamThatIsNotTakenOffItsListDoesNoHarm() {
    ChangeSet byKey = new ChangeSet();
    byKey.put(put("a", "new"));
    List<Change> part = List.of(byKey.toArray());
    store.largeBatches().begin(byKey);
    try {
      try (Transaction tx = store.begin(1 << 20)) {
        BatchApplier applier = new BatchApplier(store, tx);
        applier.prepare(part);
        withStripes(part, () -> applier.apply(part));
      }
      try (ValueOutputStream out = map.newValue("a")) {
        out.write(new byte[300_000], 0, 300_000);
        // As if the list could not be read.
        store.unfinished().list().close();
        assertThrows(ClosedException.class, out::commit);
      }
      assertEquals("new", map.getString("a"));
      try (Transaction tx = store.begin(1 << 20)) {
        BatchApplier applier = new BatchApplier(store, tx);
        withStripes(part, () -> applier.putBack(part, new IllegalStateException("of the test")));
      }
    } finally {
      store.largeBatches().end(byKey);
    }
    assertEquals("old", map.getString("a"));
    map.put("b", "new");
    store.sync();
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals("old", again.map("m").getString("a"));
      assertEquals("new", again.map("m").getString("b"));
      assertSound(again);
    }
  }

  @Test
  void ofTwoThatMeetTheLaterOneCannotBeTakenBack() {
    ChangeSet first = new ChangeSet();
    Change change = put("a", "first");
    change.applied();
    first.put(change);
    store.largeBatches().begin(first);
    takenBackAfter(() -> {}, put("a", "second"));
    assertThrows(StoreFailedException.class, () -> map.put("b", "refused"));
    assertThrows(StoreFailedException.class, store::sync);
  }
}
