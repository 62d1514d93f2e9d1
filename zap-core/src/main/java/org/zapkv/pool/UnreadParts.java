// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;

/**
 * Parts of the space map, bitmaps or index nodes, that cannot be read: the damaged ones never,
 * those that the device failed to read not before they are tried again, and then only so often.
 * Guarded by the lock of the {@link SpaceMap}.
 */
final class UnreadParts {

  /** So often is a part read before it counts as lost. */
  static final int MAX_ATTEMPTS = 16;

  private final Map<Integer, Part> parts = new HashMap<>();

  private static final class Part {
    final long freeUnits;
    int attempts;
    boolean resting;

    Part(long freeUnits) {
      this.freeUnits = freeUnits;
    }
  }

  /** Whether a part is not to be read now. */
  boolean isResting(int index) {
    Part part = parts.get(index);
    return part != null && part.resting;
  }

  /** Whether a part is not read again before the store is opened again. */
  boolean isLost(int index) {
    Part part = parts.get(index);
    return part != null && part.attempts >= MAX_ATTEMPTS;
  }

  /**
   * A part could not be read.
   *
   * @param freeUnits what is free in it
   * @return whether that is known for the first time
   */
  boolean failed(int index, long freeUnits, ZapException cause) {
    Part known = parts.get(index);
    Part part = known == null ? new Part(freeUnits) : known;
    part.attempts = cause instanceof CorruptException ? MAX_ATTEMPTS : part.attempts + 1;
    part.resting = true;
    parts.put(index, part);
    return known == null;
  }

  /**
   * A part was read.
   *
   * @return what is free in it, if it could not be read before; else 0
   */
  long succeeded(int index) {
    Part part = parts.remove(index);
    return part == null ? 0 : part.freeUnits;
  }

  /**
   * Parts that are not lost may be read once more.
   *
   * @return their numbers
   */
  List<Integer> tryAgain() {
    List<Integer> again = new ArrayList<>();
    for (Map.Entry<Integer, Part> part : parts.entrySet()) {
      if (!isLost(part.getKey())) {
        part.getValue().resting = false;
        again.add(part.getKey());
      }
    }
    return again;
  }

  /** Whether some may be read once more. */
  boolean wantsToTryAgain() {
    return parts.values().stream().anyMatch(part -> part.attempts < MAX_ATTEMPTS);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }
}
