// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A store that is another one, but for what a subclass changes: for defects, traces and counts. Any
 * thread.
 */
public abstract class WrappedSubject implements Subject {
  private final Subject subject;

  /**
   * A store around another one.
   *
   * @param subject the other one; closed with this one
   */
  protected WrappedSubject(Subject subject) {
    this.subject = subject;
  }

  @Override
  public boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
    return subject.swap(change, expected, promise);
  }

  @Override
  public long increment(String map, byte[] key, long delta, Promise promise) {
    return subject.increment(map, key, delta, promise);
  }

  @Override
  public long transact(List<Change> changes, Reader reader, Promise promise) {
    return subject.transact(changes, reader, promise);
  }

  @Override
  public long wipe(String map, boolean drops, Promise promise) {
    return subject.wipe(map, drops, promise);
  }

  @Override
  public void apply(Change change, Promise promise) {
    subject.apply(change, promise);
  }

  @Override
  public long commit(List<Change> changes, Promise promise) {
    return subject.commit(changes, promise);
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
    subject.sync();
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

  @Override
  public void close() {
    subject.close();
  }
}
