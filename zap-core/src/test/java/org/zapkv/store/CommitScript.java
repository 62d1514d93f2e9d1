// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.zapkv.store.CommitHistory.Edit;

/**
 * Commits that follow from their number alone, so that another process can tell what the first so
 * many of them have left. No two numbers of them leave the same.
 */
final class CommitScript {
  private final String line;
  private final long seed;
  private final int largestValue;

  /**
   * A script.
   *
   * @param line the line of its keys
   * @param seed what it follows from
   * @param largestValue how large values are at most, in bytes; few are
   */
  CommitScript(String line, long seed, int largestValue) {
    this.line = line;
    this.seed = seed;
    this.largestValue = largestValue;
  }

  /** What a commit changes: one put, or a batch, which always changes the line's mark. */
  List<Edit> changes(int number) {
    SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    if (random.nextInt(3) == 0) {
      return List.of(put(random, number, 0));
    }
    List<Edit> changes = new ArrayList<>();
    int count = random.nextInt(20) == 0 ? 270 : random.nextInt(12);
    for (int i = 0; i < count; i++) {
      boolean removes = random.nextInt(3) == 0;
      changes.add(
          removes
              ? new Edit(line, map(random), key(random), null)
              : put(random, number, changes.size()));
    }
    changes.add(new Edit(line, "a", line + " mark", (long) number));
    return changes;
  }

  private Edit put(SplittableRandom random, int number, int part) {
    String map = map(random);
    String key = key(random);
    if (random.nextInt(4) == 0) {
      return new Edit(line, map, key, ((long) number << 20) + part);
    }
    int dice = random.nextInt(40);
    byte[] value = new byte[20 + (dice == 0 ? largestValue : 10 * dice)];
    random.nextBytes(value);
    byte[] unique = utf8(number + "." + part);
    System.arraycopy(unique, 0, value, 0, unique.length);
    return new Edit(line, map, key, value);
  }

  private static String map(SplittableRandom random) {
    int dice = random.nextInt(8);
    return dice < 4 ? "a" : dice < 6 ? "b" : "map " + dice;
  }

  private String key(SplittableRandom random) {
    return line + " " + random.nextInt(150);
  }

  /** Commits changes, a single one by the map itself. */
  static void commit(ZapStore store, List<Edit> changes, Durability durability) {
    if (changes.size() == 1) {
      put(store, changes.get(0), durability);
      return;
    }
    Batch batch = store.batch();
    for (Edit change : changes) {
      ZapMap map = store.map(change.map());
      if (change.value() == null) {
        batch.remove(map, change.key());
      } else if (change.value() instanceof Long number) {
        batch.putLong(map, change.key(), number);
      } else {
        batch.put(map, utf8(change.key()), (byte[]) change.value());
      }
    }
    batch.commit(durability);
  }

  private static void put(ZapStore store, Edit change, Durability durability) {
    ZapMap map = store.map(change.map()).withDurability(durability);
    if (change.value() instanceof Long number) {
      map.putLong(change.key(), number);
    } else {
      map.put(change.key(), (byte[]) Objects.requireNonNull(change.value()));
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
