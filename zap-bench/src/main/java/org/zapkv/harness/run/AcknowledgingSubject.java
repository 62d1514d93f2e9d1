// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store as one thread sees it, which says at once of each commit that it has returned. */
final class AcknowledgingSubject extends WrappedSubject {
  private final int thread;
  private final ChildOutput out;

  AcknowledgingSubject(Subject subject, int thread, ChildOutput out) {
    super(subject);
    this.thread = thread;
    this.out = out;
  }

  @Override
  public void apply(Change change, Promise promise) {
    super.apply(change, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    long sequence = super.commit(changes, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
    boolean isMade = super.swap(change, expected, promise);
    if (isMade) {
      out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
    }
    return isMade;
  }

  @Override
  public long increment(String map, byte[] key, long delta, Promise promise) {
    long sum = super.increment(map, key, delta, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
    return sum;
  }

  @Override
  public long transact(List<Change> changes, Reader reader, Promise promise) {
    long sequence = super.transact(changes, reader, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public long wipe(String map, boolean drops, Promise promise) {
    long sequence = super.wipe(map, drops, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public void sync() {
    out.say(Message.Verb.SYNCING, thread);
    super.sync();
    out.say(Message.Verb.SYNCED, thread);
  }

  /** Those who have opened the store close it. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("A thread does not close the store.");
  }
}
