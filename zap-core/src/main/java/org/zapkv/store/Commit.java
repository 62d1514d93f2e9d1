// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.zapkv.error.CacheFullException;
import org.zapkv.pool.Transaction;

/** One commit: changes of any number of keys, all of them made and recorded, or none. */
final class Commit {
  /*
   * Room in the log is reserved first, because making some may sync a group. Then, in one
   * transaction: large values are written; the stripes of the keys are taken; the maps are changed;
   * the record is appended; the stripes are let go. The wait for the disk comes after that and
   * belongs to the caller. The group cannot be closed between the change and the record, so the
   * position in the log that its uberblock holds is after all of its records and before all others.
   *
   * More changes than a record may have are made in parts, each with a record and the stripes of its
   * own, so that others wait for a part at most; one more record says that all are there. A replay
   * makes the parts of ended batches only. As it is one transaction, a group has all parts or none.
   *
   * If the log takes no record, the changes are put back like after any failure, and the store has
   * failed by then: the group is never written.
   */

  /** A record ends when it has so many bytes: it is in the heap as a whole when it is replayed. */
  private static final long RECORD_BYTES = 16L << 20;

  private final ZapStore store;
  private final CommitLog log;
  private final Changes changes;
  private final ChangeSet byKey;

  /**
   * A commit.
   *
   * @param changes in order, those of one map next to each other
   * @param byKey the same by their keys; not changed before {@link #run} returns
   */
  Commit(ZapStore store, Changes changes, ChangeSet byKey) {
    this.store = store;
    this.log = store.commitLog();
    this.changes = changes;
    this.byKey = byKey;
  }

  /** Makes the changes; returns the sequence of the record. */
  long run() {
    store.checkWritable();
    if (changes.isEmpty()) {
      return log.lastSequence();
    }
    List<Changes> parts = parts();
    CommitLog.Room room = log.reserve(recordBytes(parts));
    try (Transaction tx = begin()) {
      checkMaps();
      BatchApplier applier = new BatchApplier(store, tx, byKey);
      long sequence =
          parts.size() == 1
              ? make(applier, changes, CommitRecord.Kind.WHOLE, 0)
              : makeInParts(applier, parts);
      applier.release(changes);
      return sequence;
    } catch (CacheFullException e) {
      throw BatchApplier.told(e);
    } finally {
      room.giveBack();
    }
  }

  /** In the transaction: until it ends no map is dropped or cleared. */
  private void checkMaps() {
    ZapMap checked = null;
    for (Change change : changes) {
      if (change.key.map != checked) {
        checked = change.key.map;
        checked.checkAlive();
      }
    }
  }

  private List<Changes> parts() {
    List<Changes> parts = new ArrayList<>();
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < changes.size(); i++) {
      long more = changes.get(i).heapBytes();
      if (i > from && (i - from == CommitRecord.MAX_OPERATIONS || bytes + more > RECORD_BYTES)) {
        parts.add(changes.subList(from, i));
        from = i;
        bytes = 0;
      }
      bytes += more;
    }
    parts.add(changes.subList(from, changes.size()));
    return parts;
  }

  private static long[] recordBytes(List<Changes> parts) {
    int count = parts.size();
    long[] bytes = new long[count == 1 ? 1 : count + 1];
    for (int i = 0; i < count; i++) {
      bytes[i] = CommitRecord.reservedBytes(parts.get(i));
    }
    if (count > 1) {
      bytes[count] = CommitRecord.END_BYTES;
    }
    return bytes;
  }

  private Transaction begin() {
    long expectedBytes = expectedBytes(changes);
    boolean onlyFrees = true;
    for (Change change : changes) {
      onlyFrees &= change.isRemoval();
    }
    return onlyFrees ? store.beginFreeing(expectedBytes) : store.begin(expectedBytes);
  }

  private long make(BatchApplier applier, Changes part, CommitRecord.Kind kind, long batch) {
    applier.prepare(part);
    BitSet stripes = store.stripes().lock(part);
    try {
      applier.apply(part);
      return log.append(kind, batch, part);
    } catch (RuntimeException | Error e) {
      applier.putBack(part, e);
      throw e;
    } finally {
      store.stripes().unlock(stripes);
    }
  }

  private long makeInParts(BatchApplier applier, List<Changes> parts) {
    long batch = log.newBatch();
    store.largeBatches().begin(byKey);
    int made = 0;
    try {
      while (made < parts.size()) {
        make(applier, parts.get(made), CommitRecord.Kind.PART, batch);
        made++;
      }
      return log.appendEnd(batch);
    } catch (RuntimeException | Error e) {
      for (int i = made - 1; i >= 0; i--) {
        putBack(applier, parts.get(i), e);
      }
      throw e;
    } finally {
      store.largeBatches().end(byKey);
    }
  }

  private void putBack(BatchApplier applier, Changes part, Throwable because) {
    BitSet stripes = store.stripes().lock(part);
    try {
      applier.putBack(part, because);
    } finally {
      store.stripes().unlock(stripes);
    }
  }

  /**
   * What changes may dirty: never more leaves than there are changes, or than the map has.
   *
   * @param changes those of one map are next to each other, or what a map has counts several times
   */
  static long expectedBytes(List<Change> changes) {
    if (changes.size() == 1) {
      return expectedBytes(changes.get(0));
    }
    long bytes = 0;
    for (int i = 0; i < changes.size(); ) {
      ZapMap map = changes.get(i).key.map;
      long changeBytes = map.changeBytes();
      long removalBytes = map.removalBytes();
      long ofMap = 0;
      for (; i < changes.size() && changes.get(i).key.map == map; i++) {
        Change change = changes.get(i);
        ofMap += change.isRemoval() ? removalBytes : changeBytes;
        bytes += (change.isRemoval() ? 0 : 2 * change.heapBytes()) + objectBytes(change);
      }
      long wholeMapBytes = map.object().blockCount() * map.object().blockSizeBytes() + changeBytes;
      bytes += Math.min(ofMap, wholeMapBytes);
    }
    return bytes;
  }

  /** What one change may dirty. */
  static long expectedBytes(Change change) {
    return leafBytes(change) + objectBytes(change);
  }

  private static long leafBytes(Change change) {
    ZapMap map = change.key.map;
    return change.isRemoval() ? map.removalBytes() : map.changeBytes();
  }

  private static long objectBytes(Change change) {
    return change.value == null ? 0 : ValueStore.objectBytes(change.value);
  }
}
