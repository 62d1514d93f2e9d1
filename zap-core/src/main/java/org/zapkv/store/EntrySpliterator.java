// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Spliterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a map, for streams: it is cut into parts by hash, which are about equally large,
 * as hashes are evenly spread. Nothing has to be closed.
 */
final class EntrySpliterator implements Spliterator<ZapEntry> {
  /** A part with fewer entries than about this is not cut: it is a few leaves. */
  static final long SMALLEST_CUT = 1024;

  static final int CHARACTERISTICS = NONNULL | CONCURRENT;

  private final EntryView view;
  private long estimate;

  EntrySpliterator(EntryView view, long estimate) {
    this.view = view;
    this.estimate = estimate;
  }

  @Override
  public boolean tryAdvance(Consumer<? super ZapEntry> action) {
    if (!view.next()) {
      return false;
    }
    action.accept(view.toEntry());
    return true;
  }

  @Override
  public @Nullable Spliterator<ZapEntry> trySplit() {
    EntryView first = estimate < SMALLEST_CUT ? null : view.split();
    if (first == null) {
      return null;
    }
    estimate >>>= 1;
    return new EntrySpliterator(first, estimate);
  }

  @Override
  public long estimateSize() {
    return estimate;
  }

  @Override
  public int characteristics() {
    return CHARACTERISTICS;
  }
}
