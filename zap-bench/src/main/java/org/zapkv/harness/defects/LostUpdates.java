// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store that loses some single changes that are made while it makes others. Any thread. */
final class LostUpdates extends WrappedSubject {
  private final Every every;

  /** How many threads change something now. */
  private final AtomicInteger changing = new AtomicInteger();

  LostUpdates(Subject subject, Every every) {
    super(subject);
    this.every = every;
  }

  @Override
  public void apply(Change change, Promise promise) {
    int others = changing.getAndIncrement();
    try {
      if (others == 0 || !every.isNow()) {
        super.apply(change, promise);
      }
    } finally {
      changing.decrementAndGet();
    }
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    changing.incrementAndGet();
    try {
      return super.commit(changes, promise);
    } finally {
      changing.decrementAndGet();
    }
  }
}
