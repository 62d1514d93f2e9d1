// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.List;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store that makes some batches in two commits. Any thread. */
final class SplitBatches extends WrappedSubject {
  private final Every every;

  SplitBatches(Subject subject, Every every) {
    super(subject);
    this.every = every;
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    if (changes.size() < 2 || !every.isNow()) {
      return super.commit(changes, promise);
    }
    int half = changes.size() / 2;
    super.commit(changes.subList(0, half), promise);
    return super.commit(changes.subList(half, changes.size()), promise);
  }
}
