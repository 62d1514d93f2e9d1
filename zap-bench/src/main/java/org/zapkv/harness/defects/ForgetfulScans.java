// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;
import org.zapkv.harness.subject.WrappedSubject;

/** A store whose walks leave out an entry when the map changes meanwhile. Any thread. */
final class ForgetfulScans extends WrappedSubject {
  /** So many changes are as a split. */
  private static final int CHANGES = 8;

  /** How often each map was changed. */
  private final Map<String, AtomicLong> changes = new ConcurrentHashMap<>();

  ForgetfulScans(Subject subject) {
    super(subject);
  }

  private AtomicLong changesOf(String map) {
    return changes.computeIfAbsent(map, name -> new AtomicLong());
  }

  @Override
  public void apply(Change change, Promise promise) {
    super.apply(change, promise);
    changesOf(change.map()).incrementAndGet();
  }

  @Override
  public long commit(List<Change> batch, Promise promise) {
    long sequence = super.commit(batch, promise);
    batch.forEach(change -> changesOf(change.map()).incrementAndGet());
    return sequence;
  }

  @Override
  public Scan scan(String map, long cookie) {
    return new ForgetfulScan(super.scan(map, cookie), changesOf(map));
  }

  /** Used by one thread. */
  private static final class ForgetfulScan implements Scan {
    private final Scan scan;
    private final AtomicLong changes;
    private final long changesBefore;
    private boolean hasForgotten;

    ForgetfulScan(Scan scan, AtomicLong changes) {
      this.scan = scan;
      this.changes = changes;
      this.changesBefore = changes.get();
    }

    @Override
    public @Nullable Entry next() {
      if (!hasForgotten && changes.get() - changesBefore >= CHANGES) {
        hasForgotten = true;
        scan.next();
      }
      return scan.next();
    }

    @Override
    public long cookie() {
      return scan.cookie();
    }

    @Override
    public void close() {
      scan.close();
    }
  }
}
