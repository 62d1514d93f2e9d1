// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;

/** A store as one thread sees it, which says at once of each commit that it has returned. */
final class AcknowledgingSubject implements Subject {
  private final Subject subject;
  private final int thread;
  private final ChildOutput out;

  AcknowledgingSubject(Subject subject, int thread, ChildOutput out) {
    this.subject = subject;
    this.thread = thread;
    this.out = out;
  }

  @Override
  public void apply(Change change, Promise promise) {
    subject.apply(change, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    long sequence = subject.commit(changes, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
    boolean isMade = subject.swap(change, expected, promise);
    if (isMade) {
      out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
    }
    return isMade;
  }

  @Override
  public long increment(String map, byte[] key, long delta, Promise promise) {
    long sum = subject.increment(map, key, delta, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, 0);
    return sum;
  }

  @Override
  public long transact(List<Change> changes, Reader reader, Promise promise) {
    long sequence = subject.transact(changes, reader, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public long wipe(String map, boolean drops, Promise promise) {
    long sequence = subject.wipe(map, drops, promise);
    out.say(Message.Verb.ACKNOWLEDGED, thread, sequence);
    return sequence;
  }

  @Override
  public byte @Nullable [] get(String map, byte[] key) {
    return subject.get(map, key);
  }

  @Override
  public Scan scan(String map, long cookie) {
    return subject.scan(map, cookie);
  }

  @Override
  public List<String> maps() {
    return subject.maps();
  }

  @Override
  public void sync() {
    out.say(Message.Verb.SYNCING, thread);
    subject.sync();
    out.say(Message.Verb.SYNCED, thread);
  }

  @Override
  public void compact() {
    subject.compact();
  }

  @Override
  public List<String> scrub() {
    return subject.scrub();
  }

  @Override
  public List<String> check() {
    return subject.check();
  }

  @Override
  public Map<String, Long> events() {
    return subject.events();
  }

  /** Those who have opened the store close it. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("A thread does not close the store.");
  }
}
