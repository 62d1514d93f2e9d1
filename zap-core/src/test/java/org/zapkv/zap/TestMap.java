// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.object.BlockObject;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** A map with everything that it needs, for one test. Closing it checks that all is in order. */
final class TestMap implements AutoCloseable {
  static final ZapParameters FIXED_SALT = ZapParameters.DEFAULT.withSaltSource(() -> 0x24955);

  private final BufferCache cache;
  private final ImageObject object;
  private final ZapParameters parameters;
  private final LeafCreator creator;
  private Zap zap;

  private TestMap(BufferCache cache, ZapParameters parameters, LeafCreator creator) {
    this.cache = cache;
    this.parameters = parameters;
    this.creator = creator;
    this.object = Images.create(cache, MicroLayout.STEP_BYTES);
    try (Transaction tx = object.begin()) {
      this.zap = Zap.create(object, parameters, tx, creator);
    }
  }

  static TestMap create(ZapParameters parameters) {
    return create(parameters, 16 << 20, new ReusingLeafCreator());
  }

  static TestMap create(ZapParameters parameters, long budgetBytes, LeafCreator creator) {
    BufferCache cache = BufferCache.builder().budgetBytes(budgetBytes).traceHolds(true).build();
    return new TestMap(cache, parameters, creator);
  }

  /** A map for many entries: holds are not traced, which takes most of the time else. */
  static TestMap createUntraced(ZapParameters parameters) {
    BufferCache cache = BufferCache.builder().budgetBytes(256 << 20).build();
    return new TestMap(cache, parameters, new ReusingLeafCreator());
  }

  /** A map that is fat from its first entries on. */
  static TestMap createFat(ZapParameters parameters) {
    TestMap map = create(parameters);
    map.makeFat();
    return map;
  }

  void makeFat() {
    byte[] key = key("makes it fat");
    put(key, ZapValue.ofBytes(new byte[0]));
    remove(key);
  }

  static byte[] key(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] key(int number) {
    return key("k" + number);
  }

  Zap zap() {
    return zap;
  }

  ImageObject object() {
    return object;
  }

  BufferCache cache() {
    return cache;
  }

  @Nullable ZapValue get(byte[] key) {
    return zap.get(key);
  }

  boolean add(byte[] key, ZapValue value) {
    try (Transaction tx = object.begin()) {
      return zap.add(key, value, tx);
    }
  }

  @Nullable ZapValue put(byte[] key, ZapValue value) {
    try (Transaction tx = object.begin()) {
      return zap.put(key, value, tx);
    }
  }

  @Nullable ZapValue remove(byte[] key) {
    try (Transaction tx = object.begin()) {
      return zap.remove(key, tx);
    }
  }

  /** Puts small values under the keys of a range of numbers. */
  void putAll(int from, int to) {
    for (int i = from; i < to; i++) {
      put(key(i), ZapValue.ofLong(i));
    }
  }

  void removeAll(int from, int to) {
    for (int i = from; i < to; i++) {
      remove(key(i));
    }
  }

  void sync() {
    object.sync();
  }

  /** Writes everything, drops it from memory, and opens the map again. */
  void reopen() {
    zap.close();
    object.sync();
    object.forget();
    zap = Zap.open(object, parameters, creator);
  }

  /** The same blocks as another object sees them; to make it fail. */
  Zap openOver(BlockObject wrapper) {
    return Zap.open(wrapper, parameters, creator);
  }

  /** The bytes as they would be synced now. */
  byte[] image() {
    object.sync();
    return Images.image(object);
  }

  Map<String, ZapValue> content() {
    Map<String, ZapValue> content = new TreeMap<>();
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        String key = new String(cursor.key(), StandardCharsets.ISO_8859_1);
        assertEquals(null, content.put(key, cursor.value()), () -> "twice: " + key);
      }
    }
    return content;
  }

  List<String> problems() {
    List<String> problems = new ArrayList<>();
    zap.check((block, offset, text) -> problems.add(block + "/" + offset + ": " + text));
    return problems;
  }

  void assertSound() {
    assertEquals(List.of(), problems());
    assertEquals(List.of(), cache.outstandingHolds());
  }

  @Override
  public void close() {
    try {
      assertSound();
    } finally {
      abandon();
    }
  }

  /** Closes a map that is not in order. */
  void abandon() {
    zap.close();
    cache.close();
  }
}
