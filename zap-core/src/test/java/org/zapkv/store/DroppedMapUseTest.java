// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.TransactionConflictException;
import org.zapkv.error.ValueChangedException;

/** Streams, conditional changes and transactions of a map that is dropped or cleared meanwhile. */
final class DroppedMapUseTest {
  private static final byte[] KEY = {1, 0, 2};
  private static final int LARGE_BYTES = 600_000;

  private final ZapStore store = ZapStore.inMemory();
  private final ZapMap map = store.map("m");

  @AfterEach
  void nothingIsLost() {
    store.awaitFreed();
    store.sync();
    StoreCheckReport report = store.check((done, total) -> {});
    assertEquals(List.of(), report.problems());
    assertEquals(0, report.leakedBytes());
    store.close();
  }

  private static byte[] large() {
    byte[] value = new byte[LARGE_BYTES];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) (i * 31);
    }
    return value;
  }

  @Test
  void aStreamIntoADroppedMapIsRefusedAndItsSpaceFreed() throws Exception {
    try (ValueOutputStream stream = map.newValue(KEY)) {
      stream.write(large());
      store.dropMap("m");
      assertThrows(MapDroppedException.class, stream::commit);
    }
    assertThrows(MapDroppedException.class, () -> map.newValue(KEY));
    assertNull(store.map("m").openValue(KEY));
  }

  @Test
  void aStreamIntoAClearedMapGoesIntoTheMap() throws Exception {
    try (ValueOutputStream stream = map.newValue(KEY)) {
      stream.write(large());
      map.clear();
      stream.commit();
    }
    assertArrayEquals(large(), map.get(KEY));
  }

  @Test
  void aStreamIntoARenamedMapIsThereAfterwards() throws Exception {
    try (ValueOutputStream stream = map.newValue(KEY)) {
      stream.write(large());
      store.renameMap("m", "a name that is much longer than the first one");
      stream.commit();
    }
    assertArrayEquals(large(), map.get(KEY));
  }

  @Test
  void aValueOfAClearedMapIsReadNoFurther() throws Exception {
    map.put(KEY, large());
    try (ValueInputStream stream = map.openValue(KEY)) {
      stream.read();
      map.clear();
      assertThrows(ValueChangedException.class, stream::readAllBytes);
    }
  }

  @Test
  void aValueOfADroppedMapIsReadNoFurther() throws Exception {
    map.put(KEY, large());
    try (ValueInputStream stream = map.openValue(KEY)) {
      stream.read();
      store.dropMap("m");
      assertThrows(MapDroppedException.class, stream::readAllBytes);
    }
    assertThrows(MapDroppedException.class, () -> map.openValue(KEY));
  }

  @Test
  void conditionalChangesOfADroppedMapAreRefused() {
    map.putLong("n", 1);
    store.dropMap("m");
    assertThrows(MapDroppedException.class, () -> map.increment("n", 1));
    assertThrows(MapDroppedException.class, () -> map.putIfAbsent(KEY, KEY));
    assertThrows(MapDroppedException.class, () -> map.getAndRemove(KEY));
    assertEquals(OptionalLong.empty(), store.map("m").getLong("n"));
  }

  @Test
  void conditionalChangesSeeThatAMapWasCleared() {
    map.putLong("n", 41);
    map.clear();
    assertEquals(1, map.increment("n", 1));
    assertNull(map.putIfAbsent(KEY, KEY));
  }

  @Test
  void aTransactionOnADroppedMapIsRefused() {
    map.putLong("n", 1);
    ZapMap other = store.map("other");
    assertThrows(
        MapDroppedException.class,
        () ->
            store.transact(
                transaction -> {
                  transaction.getLong(map, "n");
                  transaction.putLong(other, "n", 2);
                  if (store.maps().known("m") != null) {
                    store.dropMap("m");
                  }
                  return null;
                }));
    assertEquals(OptionalLong.empty(), other.getLong("n"));
  }

  @Test
  void aTransactionThatHasReadWhatWasClearedIsRunAgain() {
    map.putLong("n", 1);
    int[] runs = {0};
    OptionalLong seen =
        store.transact(
            transaction -> {
              OptionalLong before = transaction.getLong(map, "n");
              if (runs[0]++ == 0) {
                map.clear();
              }
              return before;
            });
    assertEquals(OptionalLong.empty(), seen);
    assertEquals(2, runs[0]);
  }

  @Test
  void aTransactionBesideOneThatClearsEachTimeGivesUp() {
    assertThrows(
        TransactionConflictException.class,
        () ->
            store.transact(
                transaction -> {
                  map.putLong("n", 1);
                  transaction.getLong(map, "n");
                  map.clear();
                  return null;
                }));
  }
}
