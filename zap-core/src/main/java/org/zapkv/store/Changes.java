// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.RandomAccess;
import org.zapkv.error.ClosedException;

/** A stretch of the changes of a batch, without copying them. Not to be changed. */
final class Changes extends AbstractList<Change> implements RandomAccess {
  private final Change[] all;
  private final int from;
  private final int size;

  private Changes(Change[] all, int from, int size) {
    this.all = all;
    this.from = from;
    this.size = size;
  }

  /** One change. */
  static Changes of(Change change) {
    return new Changes(new Change[] {change}, 0, 1);
  }

  /**
   * Changes in the order in which they are best made: those of a map are next to each other, and in
   * the order of their hashes, so that each leaf is visited once.
   *
   * @param changes in any order, of each key one at most; put in order
   */
  static Changes inOrder(Change[] changes) {
    int to = endOfMap(changes, 0);
    if (to < changes.length) {
      Arrays.sort(changes, Comparator.comparingLong(Change::mapId));
      to = endOfMap(changes, 0);
    }
    int from = 0;
    while (from < changes.length) {
      sortByHash(changes, from, to);
      from = to;
      to = endOfMap(changes, from);
    }
    return new Changes(changes, 0, changes.length);
  }

  /** Behind the last change that is of the same map as the one at a place and all between. */
  private static int endOfMap(Change[] changes, int from) {
    int to = from;
    while (to < changes.length && changes[to].key.map == changes[from].key.map) {
      to++;
    }
    return to;
  }

  /**
   * The upper half of the hash is enough: what it does not part is in one leaf, or in few. So a
   * long has it and the place of the change, and numbers are sorted instead of objects.
   */
  private static void sortByHash(Change[] changes, int from, int to) {
    long[] order = new long[to - from];
    for (int i = 0; i < order.length; i++) {
      Change change = changes[from + i];
      long hash = hash(change);
      order[i] = (hash & (-1L << Integer.SIZE)) | i;
    }
    order = HashOrder.sort(order);
    Change[] unordered = Arrays.copyOfRange(changes, from, to);
    for (int i = 0; i < order.length; i++) {
      changes[from + i] = unordered[(int) order[i]];
    }
  }

  private static long hash(Change change) {
    try {
      return change.key.map.zap().hash(change.key.bytes);
    } catch (ClosedException e) {
      // The map is dropped or cleared just now: any order will do.
      return 0;
    }
  }

  @Override
  public Change get(int index) {
    return all[from + index];
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Changes subList(int begin, int end) {
    return new Changes(all, from + begin, end - begin);
  }
}
