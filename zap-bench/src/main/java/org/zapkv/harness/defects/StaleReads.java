// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store some reads of which give what was there before the last change. Any thread. */
final class StaleReads extends WrappedSubject {
  private final Every every;

  /** What the keys held before their last changes; empty: nothing. */
  private final Map<Place, Optional<byte[]>> before = new ConcurrentHashMap<>();

  /** A key of a map. */
  private record Place(String map, String key) {
    static Place of(String map, byte[] key) {
      return new Place(map, new String(key, StandardCharsets.UTF_8));
    }
  }

  StaleReads(Subject subject, Every every) {
    super(subject);
    this.every = every;
  }

  private void keep(Change change) {
    byte[] value = super.get(change.map(), change.key());
    before.put(Place.of(change.map(), change.key()), Optional.ofNullable(value));
  }

  @Override
  public void apply(Change change, Promise promise) {
    keep(change);
    super.apply(change, promise);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    changes.forEach(this::keep);
    return super.commit(changes, promise);
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    Optional<byte[]> stale = before.get(Place.of(map, key));
    if (stale != null && every.isNow()) {
      return stale.orElse(null);
    }
    return super.get(map, key);
  }
}
