// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.ClosedException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTypeException;

/** Point reads of a map: what they give, whichever way they take, and what they refuse. */
class PointReadTest {
  private static final int COUNT = 500;

  @TempDir Path directory;

  private static byte[] key(int number) {
    return ("key " + number).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] value(int number) {
    byte[] value = new byte[number % 300];
    Arrays.fill(value, (byte) number);
    return value;
  }

  private ZapStore open() {
    return ZapStore.builder().durability(Durability.NONE).open(directory.resolve("store"));
  }

  @Test
  void intoAnArray() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      for (int i = 0; i < COUNT; i++) {
        map.put(key(i), value(i));
      }
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
          byte[] room = new byte[310];
          byte[] expected = new byte[310];
          System.arraycopy(value(i), 0, expected, 7, value(i).length);
          assertEquals(value(i).length, map.get(key(i), room, 7));
          assertArrayEquals(expected, room);
          assertArrayEquals(value(i), map.get(key(i)));
          assertTrue(map.containsKey(key(i)));
        }
        assertEquals(-1, map.get(key(COUNT), new byte[10], 0));
        assertNull(map.get(key(COUNT)));
        assertFalse(map.containsKey(key(COUNT)));
      }
    }
  }

  @Test
  void whatDoesNotFitIsCutOff() {
    byte[] large = new byte[100_000];
    Arrays.fill(large, (byte) 3);
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      map.put(key(1), value(299));
      map.put(key(2), large);
      for (int round = 0; round < 2; round++) {
        byte[] room = new byte[50];
        assertEquals(299, map.get(key(1), room, 40));
        assertEquals(0, room[39]);
        assertEquals((byte) 299, room[49]);
        assertEquals(299, map.get(key(1), room, 50));
        assertEquals(large.length, map.get(key(2), room, 45));
        assertEquals((byte) 299, room[44]);
        assertEquals(3, room[45]);
      }
      assertThrows(IndexOutOfBoundsException.class, () -> map.get(key(1), new byte[50], 51));
      assertThrows(IndexOutOfBoundsException.class, () -> map.get(key(1), new byte[50], -1));
    }
  }

  @Test
  void longs() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      for (int kind = 0; kind < 2; kind++) {
        map.putLong(key(1), Long.MIN_VALUE);
        assertEquals(kind == 0, map.isMicro());
        for (int round = 0; round < 2; round++) {
          assertEquals(Long.MIN_VALUE, map.getLong(key(1), 5));
          assertEquals(5, map.getLong(key(2), 5));
          assertThrows(ValueTypeException.class, () -> map.get(key(1)));
          assertThrows(ValueTypeException.class, () -> map.get(key(1), new byte[9], 0));
        }
        map.put(key(3), value(3));
        assertThrows(ValueTypeException.class, () -> map.getLong(key(3), 5));
      }
    }
  }

  @Test
  void longKeysAreRefused() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      map.put(key(1), value(1));
      byte[] key = new byte[ZapMap.MAX_KEY_BYTES + 1];
      assertThrows(KeyTooLongException.class, () -> map.get(key));
      assertThrows(KeyTooLongException.class, () -> map.get(key, new byte[1], 0));
      assertThrows(KeyTooLongException.class, () -> map.getLong(key, 1));
      assertThrows(KeyTooLongException.class, () -> map.containsKey(key));
    }
  }

  @Test
  void anInterruptedThreadReads() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      map.put(key(1), value(1));
      Thread.currentThread().interrupt();
      assertArrayEquals(value(1), map.get(key(1)));
      assertEquals(1, map.get(key(1), new byte[1], 0));
      assertTrue(Thread.interrupted());
    }
  }

  /** Until the store closes every read is right; from then on it says that it is closed. */
  @Test
  void whileTheStoreCloses() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      ZapStore store = open();
      ZapMap map = store.map("m");
      for (int i = 0; i < COUNT; i++) {
        map.put(key(i), value(i));
      }
      Future<?> reader = threads.submit(() -> readUntilClosed(map));
      for (int i = 0; i < COUNT; i++) {
        map.get(key(i));
      }
      store.close();
      reader.get();
      assertThrows(ClosedException.class, () -> map.get(key(1)));
      assertThrows(ClosedException.class, () -> map.get(key(1), new byte[1], 0));
      assertThrows(ClosedException.class, () -> map.getLong(key(1), 1));
      assertThrows(ClosedException.class, () -> map.containsKey(key(1)));
    } finally {
      threads.shutdown();
    }
  }

  private static void readUntilClosed(ZapMap map) {
    byte[] room = new byte[300];
    for (int i = 0; ; i++) {
      try {
        byte[] expected = value(i % COUNT);
        assertEquals(expected.length, map.get(key(i % COUNT), room, 0));
        assertArrayEquals(expected, Arrays.copyOf(room, expected.length));
      } catch (ClosedException e) {
        return;
      }
    }
  }
}
