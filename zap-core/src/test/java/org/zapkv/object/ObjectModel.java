// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.zapkv.cache.Buffer;
import org.zapkv.pool.Transaction;

/** What an object set should hold, and random operations on both. Used by one thread. */
final class ObjectModel {
  private static final String TAG = "model";
  private static final int[] SIZES = {512, 1024, 4096, 16384};

  private final SplittableRandom random;
  private final Map<Long, Entry> entries;
  private long nextContent = 1;

  /** An object of the model: contents by block, holes left out. */
  static final class Entry {
    int blockBytes;
    long blockCount;
    final TreeMap<Long, Long> blocks = new TreeMap<>();

    Entry copy() {
      Entry copy = new Entry();
      copy.blockBytes = blockBytes;
      copy.blockCount = blockCount;
      copy.blocks.putAll(blocks);
      return copy;
    }
  }

  ObjectModel(SplittableRandom random) {
    this(random, new HashMap<>());
  }

  private ObjectModel(SplittableRandom random, Map<Long, Entry> entries) {
    this.random = random;
    this.entries = entries;
  }

  /** The state of this moment, to compare with later. */
  ObjectModel copy() {
    Map<Long, Entry> copies = new HashMap<>();
    entries.forEach((id, entry) -> copies.put(id, entry.copy()));
    return new ObjectModel(random, copies);
  }

  /** One transaction of a few random operations; gives the group. */
  long transaction(ObjectSet objects) {
    try (Transaction tx = objects.begin(1 << 20)) {
      for (int i = random.nextInt(6); i >= 0; i--) {
        operation(objects, tx);
      }
      return tx.group();
    }
  }

  private void operation(ObjectSet objects, Transaction tx) {
    int choice = random.nextInt(20);
    if (entries.size() < 3 || (choice == 0 && entries.size() < 100)) {
      create(objects, tx);
    } else if (choice == 1 && entries.size() > 5) {
      destroy(objects, pick(), tx);
    } else {
      long id = pick();
      try (DataObject object = objects.open(id)) {
        operation(object, entries.get(id), choice, tx);
      }
    }
  }

  private void operation(DataObject object, Entry entry, int choice, Transaction tx) {
    switch (choice) {
      case 2, 3, 4 -> free(object, entry, tx);
      case 5 -> resize(object, entry, tx);
      case 6, 7 -> writeDirect(object, entry, tx);
      case 8 -> read(object, entry);
      default -> write(object, entry, tx);
    }
  }

  private void create(ObjectSet objects, Transaction tx) {
    int blockBytes = SIZES[random.nextInt(SIZES.length)];
    try (DataObject object = objects.create(ObjectType.VALUE, blockBytes, tx)) {
      Entry entry = new Entry();
      entry.blockBytes = blockBytes;
      assertEquals(null, entries.put(object.objectId(), entry), "number given out twice");
    }
  }

  private void destroy(ObjectSet objects, long id, Transaction tx) {
    objects.destroy(id, tx);
    entries.remove(id);
  }

  private void write(DataObject object, Entry entry, Transaction tx) {
    long block = block();
    long content = nextContent++;
    TestObjects.fill(object, block, content, tx);
    written(entry, block, content);
  }

  private void writeDirect(DataObject object, Entry entry, Transaction tx) {
    long block = block();
    long content = nextContent++;
    byte[] bytes = TestObjects.contentOf(content, entry.blockBytes);
    object.writeDirect(block, bytes, 0, bytes.length, tx);
    written(entry, block, content);
  }

  private static void written(Entry entry, long block, long content) {
    entry.blocks.put(block, content);
    entry.blockCount = Math.max(entry.blockCount, block + 1);
  }

  private void free(DataObject object, Entry entry, Transaction tx) {
    long first = block();
    long count = 1L + (random.nextInt(3) == 0 ? random.nextInt(10_000) : random.nextInt(4));
    Buffer held = random.nextBoolean() ? object.hold(first, TAG) : null;
    object.freeRange(first, count, tx);
    entry.blocks.subMap(first, first + count).clear();
    if (held != null) {
      assertEquals(true, TestObjects.isZeros(held), "a held block becomes zeros at once");
      held.release(TAG);
    }
  }

  private void resize(DataObject object, Entry entry, Transaction tx) {
    if (entry.blockCount > 1) {
      return;
    }
    int blockBytes = SIZES[random.nextInt(SIZES.length)];
    long content = nextContent++;
    Buffer old = object.hold(0, TAG);
    Buffer next = object.resize(old, blockBytes, tx, TAG);
    old.release(TAG);
    TestObjects.fill(next, content);
    next.release(TAG);
    entry.blockBytes = blockBytes;
    written(entry, 0, content);
  }

  private void read(DataObject object, Entry entry) {
    long block = block();
    TestObjects.assertContent(object, block, entry.blocks.getOrDefault(block, 0L));
  }

  /** Most blocks are near the beginning, some far away: trees of one to four levels. */
  private long block() {
    return switch (random.nextInt(6)) {
      case 0, 1 -> 0;
      case 2, 3 -> random.nextInt(70);
      case 4 -> random.nextInt(5000);
      default -> random.nextInt(300_000);
    };
  }

  private long pick() {
    List<Long> ids = new ArrayList<>(entries.keySet());
    return ids.get(random.nextInt(ids.size()));
  }

  void destroyAll(ObjectSet objects) {
    try (Transaction tx = objects.beginFreeing(0)) {
      for (long id : List.copyOf(entries.keySet())) {
        destroy(objects, id, tx);
      }
    }
  }

  /** Everything is as the model says, and nothing else is there. */
  void verify(ObjectSet objects) {
    entries.forEach(
        (id, entry) -> {
          try (DataObject object = objects.open(id)) {
            assertEquals(entry.blockBytes, object.blockSizeBytes(), "block size of object " + id);
            assertEquals(entry.blockCount, object.blockCount(), "block count of object " + id);
            entry.blocks.forEach(
                (block, content) -> TestObjects.assertFilled(object, block, content));
            for (long block = 0; block < 4; block++) {
              TestObjects.assertContent(object, block, entry.blocks.getOrDefault(block, 0L));
            }
          }
        });
  }

  /** As {@link #verify}, and nothing is left of what only another state has. */
  void verifyAgainst(ObjectModel other, ObjectSet objects) {
    verify(objects);
    entries.forEach(
        (id, entry) -> {
          Entry others = other.entries.get(id);
          if (others != null) {
            try (DataObject object = objects.open(id)) {
              others.blocks.keySet().stream()
                  .filter(block -> !entry.blocks.containsKey(block))
                  .forEach(block -> TestObjects.assertZeros(object, block));
            }
          }
        });
  }

  /** Exactly the objects of the model are in the synced state. */
  void verifyObjects(ObjectSet objects) {
    Set<Long> found = new TreeSet<>();
    objects.forEachObject((id, type, birth, blocks, bytes) -> found.add(id));
    assertEquals(new TreeSet<>(entries.keySet()), found);
  }
}
