// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.List;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store that does not wait for some changes to be durable that should be. Any thread. */
final class EarlyAnswers extends WrappedSubject {
  private final Every every;

  EarlyAnswers(Subject subject, Every every) {
    super(subject);
    this.every = every;
  }

  private Promise kept(Promise promise) {
    return promise == Promise.DURABLE && every.isNow() ? Promise.LATER : promise;
  }

  @Override
  public void apply(Change change, Promise promise) {
    super.apply(change, kept(promise));
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    return super.commit(changes, kept(promise));
  }
}
