// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** A reader that is told that its value was replaced, and one that is not. */
final class OvertakenReaderTest {
  private static final int LARGE_BYTES = 300_000;

  private final ZapStore store = ZapStore.inMemory();
  private final ZapMap map = store.map("m");
  private final byte[] key = watchedKey();

  /** One of those that have a reader. */
  private static byte[] watchedKey() {
    int number = 0;
    while (Arrays.hashCode(("t0." + number).getBytes(UTF_8)) % 4 != 0) {
      number++;
    }
    return ("t0." + number).getBytes(UTF_8);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aValueThatIsReplacedIsNotReadOn() {
    map.put(key, new byte[LARGE_BYTES]);
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      map.put(key, new byte[LARGE_BYTES]);
      assertDoesNotThrow(reader::finds);
    }
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      map.remove(key);
      assertDoesNotThrow(reader::finds);
    }
  }

  @Test
  void aReaderThatIsNotToldIsFound() {
    map.put(key, new byte[LARGE_BYTES]);
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      assertThrows(IllegalStateException.class, reader::finds);
    }
  }

  @Test
  void whereThereIsNoLargeValueNobodyReads() {
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      assertDoesNotThrow(reader::finds);
    }
    map.put(key, new byte[1000]);
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      assertDoesNotThrow(reader::finds);
    }
    map.putLong(key, 1);
    try (OvertakenReader reader = OvertakenReader.of(map, key)) {
      assertDoesNotThrow(reader::finds);
    }
  }
}
