// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.ReadOnlyStoreException;
import org.zapkv.error.StoreFailedException;

/** What an answer of an atomic operation rests on is as durable as a change would be. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class AtomicDurabilityTest {

  static Stream<Arguments> answersThatChangeNothing() {
    return Stream.of(
        answer("putIfAbsent", map -> assertEquals("seen", map.putIfAbsent("there", "x"))),
        answer(
            "putLongIfAbsent",
            map -> assertEquals(7, map.putLongIfAbsent("long", 1).orElseThrow())),
        answer("replace absent", map -> assertFalse(map.replace("gone", "x"))),
        answer("replace other", map -> assertFalse(map.replace("there", "other", "x"))),
        answer("replaceLong other", map -> assertFalse(map.replaceLong("long", 1, 2))),
        answer("remove other", map -> assertFalse(map.remove("there", "other"))),
        answer("remove expected absent", map -> assertFalse(map.remove("gone", "other"))),
        answer("removeLong other", map -> assertFalse(map.removeLong("long", 1))),
        answer("getAndRemove absent", map -> assertNull(map.getAndRemove("gone"))),
        answer("compute absent", map -> assertNull(map.compute("gone", (k, v) -> null))),
        answer("computeIfPresent", map -> assertNull(map.computeIfPresent("gone", (k, v) -> "x"))),
        answer(
            "computeIfAbsent", map -> assertEquals("seen", map.computeIfAbsent("there", k -> "x"))),
        answer("increment by 0", map -> assertEquals(7, map.increment("long", 0))),
        answer("mergeLong", map -> assertEquals(7, map.mergeLong("long", 1, Math::max))));
  }

  private static Arguments answer(String name, Consumer<ZapMap> call) {
    return Arguments.of(name, call);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answersThatChangeNothing")
  void whatWasSeenOutlivesACrash(String name, Consumer<ZapMap> call) {
    CrashStore crash = new CrashStore(name.hashCode());
    ZapStore store = crash.create();
    ZapMap map = store.map("m");
    map.put("gone", "old");
    ZapMap lax = map.withDurability(Durability.NONE);
    lax.put("there", "seen");
    lax.putLong("long", 7);
    lax.remove("gone");
    call.accept(lax);
    assertEquals(1, store.durableSequence(), "without a promise nothing is waited for");
    call.accept(map);
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals("seen", again.map("m").getString("there"));
      assertEquals(7, again.map("m").getLong("long").orElseThrow());
      assertNull(again.map("m").get("gone"));
    }
  }

  @Test
  void whatWasChangedOutlivesACrash() {
    CrashStore crash = new CrashStore(5);
    ZapStore store = crash.create();
    ZapMap map = store.map("m");
    for (String key : new String[] {"replaced", "swapped", "removed", "taken", "computed"}) {
      map.put(key, "old");
    }
    map.putIfAbsent("added", "new");
    map.replace("replaced", "new");
    map.replace("swapped", "old", "new");
    map.remove("removed", "old");
    map.getAndRemove("taken");
    map.getAndPut("put", "new");
    map.compute("computed", (k, v) -> v + "er");
    map.merge("merged", "new", String::concat);
    map.increment("counter", 5);
    map.increment("counter", -7);
    map.compute("large", (k, v) -> "x".repeat(10_000));
    Map<String, ZapEntry> content = new TreeMap<>(CrashStore.content(store));
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals(content, new TreeMap<>(CrashStore.content(again)));
      assertEquals(-2, again.map("m").getLong("counter").orElseThrow());
      assertEquals(16, again.statistics().log().replayedRecords());
    }
  }

  @Test
  void aChangeThatTheLogRefusesIsPutBack() {
    HookedDevice log = new HookedDevice(new MemoryDevice()).outlivingClose();
    HookedDevice blocks = new HookedDevice(new MemoryDevice()).outlivingClose();
    ZapStore store =
        ZapStore.builder()
            .cacheBytes(16 << 20)
            .syncInterval(Duration.ofHours(1))
            .durability(Durability.NONE)
            .create(blocks, log, "test");
    ZapMap map = store.map("m");
    map.put("key", "value");
    log.beforeWrite(
        () -> {
          throw HookedDevice.failure();
        });
    byte[] large = Seeds.bytes(new Random(3), 600_000);
    byte[] key = Keys.utf8("key");
    assertThrows(StoreFailedException.class, () -> map.compute(key, (k, v) -> large));
    assertThrows(StoreFailedException.class, () -> map.putIfAbsent("new", large));
    assertThrows(StoreFailedException.class, () -> map.remove("key", "value"));
    assertEquals("value", map.getString("key"));
    assertEquals(1, map.size());
    assertThrows(StoreFailedException.class, store::sync);
    store.close();
  }

  @Test
  void aStoreThatIsOnlyReadRefusesThem() {
    CrashStore crash = new CrashStore(6);
    try (ZapStore store = crash.create()) {
      store.map("m").put("key", "value");
    }
    crash.blocks.restart();
    crash.log.restart();
    try (ZapStore store = crash.open(CrashStore.builder().readOnly(true))) {
      ZapMap map = store.existingMap("m");
      assertThrows(ReadOnlyStoreException.class, () -> map.putIfAbsent("key", "x"));
      assertThrows(ReadOnlyStoreException.class, () -> map.remove("key", "other"));
      assertThrows(ReadOnlyStoreException.class, () -> map.compute("key", (k, v) -> v));
      assertEquals("value", map.getString("key"));
    }
  }
}
