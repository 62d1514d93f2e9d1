// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.pool.Transaction;

/** Adds the entries of one map to another. */
final class ZapJoin {
  private ZapJoin() {}

  /** How many keys were in the map already. */
  static long join(Zap map, Zap source, Transaction tx) {
    long present = 0;
    try (ZapCursor cursor = source.cursor()) {
      while (cursor.next()) {
        if (!map.add(cursor.key(), cursor.value(), tx)) {
          present++;
        }
      }
    }
    return present;
  }

  /** The map must be another than the source, with keys of the same kind. */
  static void check(Zap map, Zap source) {
    if (map == source || map.object() == source.object()) {
      throw new IllegalArgumentException(
          "object=" + map.object().objectId() + ": a map cannot be joined to itself");
    }
    if (map.names().hasWords() != source.names().hasWords()) {
      throw new IllegalArgumentException(
          "the keys of object="
              + source.object().objectId()
              + " are "
              + kind(source)
              + ", those of object="
              + map.object().objectId()
              + " are "
              + kind(map));
    }
  }

  private static String kind(Zap zap) {
    return zap.names().hasWords() ? "64-bit words" : "strings";
  }
}
