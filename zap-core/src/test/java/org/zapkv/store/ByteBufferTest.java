// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;

/** Entries go in and out through buffers, and through readers. */
final class ByteBufferTest {
  private static final byte FILL = 0x55;

  private final long seed = Seeds.next();
  private final Random random = new Random(seed);

  private ByteBuffer empty(int before, int length, int after) {
    int size = before + length + after;
    ByteBuffer buffer = random.nextBoolean() ? ByteBuffer.allocateDirect(size) : heap(size);
    for (int i = 0; i < size; i++) {
      buffer.put(i, FILL);
    }
    buffer.position(before).limit(before + length);
    return buffer;
  }

  private ByteBuffer heap(int size) {
    byte[] array = new byte[size + 3];
    return ByteBuffer.wrap(array, random.nextInt(4), size).slice();
  }

  private ByteBuffer bufferOf(byte[] bytes) {
    ByteBuffer buffer = empty(random.nextInt(5), bytes.length, random.nextInt(5));
    buffer.put(buffer.position(), bytes);
    return random.nextInt(3) == 0 ? buffer.asReadOnlyBuffer() : buffer;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void assertUnmoved(ByteBuffer buffer, int position, int limit) {
    assertEquals(position, buffer.position());
    assertEquals(limit, buffer.limit());
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 2000})
  void aMapIsWhatItsModelIs(int keys) {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      Map<String, byte[]> model = new HashMap<>();
      for (int step = 0; step < 4000; step++) {
        String key = "key " + random.nextInt(keys);
        ByteBuffer keyBuffer = bufferOf(utf8(key));
        int position = keyBuffer.position();
        int limit = keyBuffer.limit();
        if (random.nextInt(3) == 0) {
          byte[] value = new byte[random.nextInt(50) == 0 ? 30_000 : random.nextInt(300)];
          random.nextBytes(value);
          ByteBuffer valueBuffer = bufferOf(value);
          int at = valueBuffer.position();
          map.put(keyBuffer, valueBuffer);
          assertUnmoved(valueBuffer, at, at + value.length);
          model.put(key, value);
        } else {
          assertGet(map, keyBuffer, model.get(key));
        }
        assertUnmoved(keyBuffer, position, limit);
      }
      model.forEach((key, value) -> assertArrayEquals(value, map.get(key), "seed=" + seed));
      assertEquals(model.size(), map.size());
    }
  }

  private void assertGet(ZapMap map, ByteBuffer key, byte[] expected) {
    int room = random.nextInt(4) == 0 ? 0 : random.nextInt(400);
    int before = random.nextInt(5);
    ByteBuffer destination = empty(before, room, 3);
    int length = map.get(key, destination);
    assertUnmoved(destination, before, before + room);
    assertEquals(expected == null ? -1 : expected.length, length, "seed=" + seed);
    int copied = Math.max(0, Math.min(length, room));
    ByteBuffer all = destination.duplicate().clear();
    for (int i = 0; i < all.capacity(); i++) {
      boolean isValue = i >= before && i < before + copied;
      assertEquals(isValue ? expected[i - before] : FILL, all.get(i), "seed=" + seed);
    }
    byte[] keyBytes = new byte[key.remaining()];
    key.duplicate().get(keyBytes);
    byte[] read =
        map.read(
            keyBytes,
            value -> {
              assertTrue(value.isReadOnly());
              byte[] bytes = new byte[value.remaining()];
              value.get(bytes);
              return bytes;
            });
    assertArrayEquals(expected, read, "seed=" + seed);
  }

  @Test
  void whatIsWrongIsRefusedAndChangesNothing() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      map.putLong("long", 1);
      ByteBuffer key = ByteBuffer.wrap(utf8("long"));
      ByteBuffer some = ByteBuffer.allocate(10);
      assertThrows(ValueTypeException.class, () -> map.get(key, some));
      assertThrows(ValueTypeException.class, () -> map.read(utf8("long"), value -> 1));
      assertThrows(ReadOnlyBufferException.class, () -> map.get(key, some.asReadOnlyBuffer()));
      ByteBuffer longKey = ByteBuffer.allocate(ZapMap.MAX_KEY_BYTES + 1);
      assertThrows(KeyTooLongException.class, () -> map.put(longKey, some));
      assertThrows(KeyTooLongException.class, () -> map.get(longKey, some));
      ByteBuffer large = ByteBuffer.allocateDirect(ZapMap.MAX_VALUE_BYTES + 1);
      assertThrows(ValueTooLargeException.class, () -> map.put(key, large));
      assertThrows(NullPointerException.class, () -> map.read(utf8("long"), null));
      assertNull(map.read(utf8("none"), value -> 1));
      map.put("a", "b");
      IllegalStateException thrown = new IllegalStateException("mine");
      assertEquals(
          thrown,
          assertThrows(
              IllegalStateException.class,
              () ->
                  map.read(
                      utf8("a"),
                      value -> {
                        throw thrown;
                      })));
      assertEquals(2, map.size());
      map.read(utf8("a"), value -> map.remove("a"));
      assertEquals(1, map.size());
    }
  }

  /** What counts is what remains, not how large the array is that it lies in. */
  @Test
  void aKeyAndAValueMayLieInABufferThatIsLargerThanEither() {
    ByteBuffer arena = ByteBuffer.allocate(ZapMap.MAX_VALUE_BYTES + 10);
    arena.position(5).put(utf8("key")).put(utf8("value"));
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      map.put(arena.duplicate().position(5).limit(8), arena.duplicate().position(8).limit(13));
      assertEquals("value", map.getString("key"));
    }
  }

  @Test
  void aReaderNeverSeesATornValue() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = ZapStore.builder().durability(Durability.NONE).inMemory()) {
      ZapMap map = store.map("m");
      Future<?> writer =
          executor.submit(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  byte[] value = new byte[i % 7 == 0 ? 3000 : 500];
                  Arrays.fill(value, (byte) i);
                  map.put("a", value);
                }
              });
      for (int i = 0; i < 3000; i++) {
        map.read(
            utf8("a"),
            value -> {
              for (int at = 1; at < value.limit(); at++) {
                assertEquals(value.get(0), value.get(at));
              }
              return null;
            });
      }
      stop.set(true);
      writer.get();
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }
}
