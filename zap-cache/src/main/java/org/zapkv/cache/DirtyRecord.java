// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import org.jspecify.annotations.Nullable;

/**
 * That a buffer is dirty in a group; a list of them, newest first. Immutable: the list is replaced
 * under the buffer's mutex and read without it.
 *
 * @param group the group
 * @param frozenAddress where the bytes as of that group are kept apart; 0: they are the live bytes,
 *     which only the newest record can say
 * @param older the record of the next older group
 */
record DirtyRecord(long group, long frozenAddress, @Nullable DirtyRecord older) {
  boolean isFrozen() {
    return frozenAddress != 0;
  }

  DirtyRecord frozenAt(long address) {
    return new DirtyRecord(group, address, older);
  }

  static @Nullable DirtyRecord find(@Nullable DirtyRecord newest, long group) {
    for (DirtyRecord record = newest; record != null; record = record.older) {
      if (record.group == group) {
        return record;
      }
    }
    return null;
  }

  static int count(@Nullable DirtyRecord newest) {
    int count = 0;
    for (DirtyRecord record = newest; record != null; record = record.older) {
      count++;
    }
    return count;
  }

  static @Nullable DirtyRecord without(@Nullable DirtyRecord newest, long group) {
    if (newest == null) {
      return null;
    }
    return newest.group == group
        ? newest.older
        : new DirtyRecord(newest.group, newest.frozenAddress, without(newest.older, group));
  }
}
