// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.Zap;

/** What a transaction has read: of each key the first answer. Used by one thread. */
final class ReadSet {
  /*
   * Values are compared, not versions. If at the moment of the commit, when nobody can change any of
   * the keys, each has the value that was read, then a transaction that had done all its reads at
   * that moment would have seen the same, and so done the same: whatever happened in between, and be
   * it that a key was changed and changed back. A key that was not there is a value like any other.
   */

  private final Map<MapKey, Optional<ZapEntry>> entries = new HashMap<>();

  private @Nullable MapKey changed;

  /** What a key has: what was read before, else what is there now, remembered. */
  @Nullable ZapEntry read(MapKey key) {
    Optional<ZapEntry> known = entries.get(key);
    if (known == null) {
      known = Optional.ofNullable(key.map.entry(key.bytes));
      entries.put(key, known);
    }
    return known.orElse(null);
  }

  /** The stripes of all keys that were read or are changed. */
  BitSet stripesWith(List<Change> changes) {
    BitSet indexes = new BitSet(KeyStripes.COUNT);
    for (MapKey key : entries.keySet()) {
      indexes.set(KeyStripes.indexOf(key));
    }
    for (Change change : changes) {
      indexes.set(KeyStripes.indexOf(change.key));
    }
    return indexes;
  }

  /**
   * A key that is not as it was read, or null. The answer lasts as long as the stripes are held.
   */
  @Nullable MapKey findChanged() {
    IdentityHashMap<ZapMap, Zap> looked = new IdentityHashMap<>();
    entries.keySet().forEach(key -> looked.putIfAbsent(key.map, key.map.zap()));
    for (Map.Entry<MapKey, Optional<ZapEntry>> entry : entries.entrySet()) {
      ZapEntry before = entry.getValue().orElse(null);
      ZapEntry now = Seen.of(entry.getKey()).entry();
      if (before == null ? now != null : !before.equals(now)) {
        changed = entry.getKey();
        return changed;
      }
    }
    return findCleared(looked);
  }

  /** Stripes do not keep a map from being cleared; who has made no change has no transaction. */
  private @Nullable MapKey findCleared(IdentityHashMap<ZapMap, Zap> looked) {
    for (MapKey key : entries.keySet()) {
      if (!key.map.isIn(looked.get(key.map))) {
        changed = key;
        return key;
      }
    }
    return null;
  }

  /** What {@link #findChanged} found the last time, for messages. */
  String changed() {
    return changed == null
        ? "nothing"
        : "key " + Keys.show(changed.bytes) + " of map \"" + changed.map.name() + "\"";
  }
}
