// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.StoreFullException;
import org.zapkv.event.CommitWaitEvent;
import org.zapkv.event.Events;
import org.zapkv.log.IntentLog;
import org.zapkv.object.ObjectSet;

/** The intent log as commits use it. A store in memory has none: then commits are only counted. */
final class CommitLog {
  /*
   * What a store in memory holds ends with the process, so each of its commits is at once as durable
   * as it will ever be.
   *
   * The log needs no more room than a replay should take time: from SYNC_BYTES on a group is asked
   * for, once for each that is open; from WAIT_BYTES on those who begin wait for one.
   */

  private static final long SYNC_BYTES = 64L << 20;
  private static final long WAIT_BYTES = 256L << 20;

  /** So often a group is synced to find room in the log, which others may take in between. */
  private static final int RESERVE_ATTEMPTS = 16;

  private final String name;
  private final ObjectSet objects;
  private final @Nullable IntentLog log;

  /** The numbers of large batches: those of one run of a store differ. */
  private final AtomicLong batches = new AtomicLong();

  /** How many commits there were, in a store without a log. */
  private final AtomicLong commits = new AtomicLong();

  /** How many records were replayed; set before the store is handed out. */
  private volatile long replayedRecords;

  /** The newest group that was asked for because of the log's size. A race asks twice: harmless. */
  private volatile long askedGroup;

  /** The log of the store of a name. */
  CommitLog(String name, ObjectSet objects) {
    this.name = name;
    this.objects = objects;
    this.log = objects.log();
  }

  /** Room in the log for records. */
  final class Room {
    private final long[] records;
    private int reserved;

    private Room(long[] records) {
      this.records = records;
    }

    /** Reserves room for all of them; none stays reserved if this is false or throws. */
    private boolean tryReserve(IntentLog from) {
      try {
        while (reserved < records.length && from.tryReserve(records[reserved])) {
          reserved++;
        }
      } catch (RuntimeException | Error e) {
        giveBack();
        throw e;
      }
      boolean isWhole = reserved == records.length;
      if (!isWhole) {
        giveBack();
      }
      return isWhole;
    }

    /** To be called when the records are appended or not needed. */
    void giveBack() {
      if (log == null) {
        return;
      }
      while (reserved > 0) {
        reserved--;
        log.release(records[reserved]);
      }
    }
  }

  /**
   * Sees to it that there is room for records. Not inside a transaction: it may sync a group.
   *
   * @param recordBytes how long each may be
   * @throws StoreFullException if there is none
   */
  Room reserve(long... recordBytes) {
    Room room = new Room(recordBytes);
    if (log == null) {
      return room;
    }
    keepShort(log);
    for (int i = 0; i < RESERVE_ATTEMPTS; i++) {
      if (room.tryReserve(log)) {
        return room;
      }
      objects.sync();
    }
    throw new StoreFullException(
        "the intent log has no room for "
            + recordBytes.length
            + " records, the first of "
            + recordBytes[0]
            + " bytes, others take what becomes free: make room on its disk");
  }

  private void keepShort(IntentLog from) {
    long used = from.usedBytes();
    if (used <= SYNC_BYTES) {
      return;
    }
    long open = objects.openGroup();
    if (used > WAIT_BYTES) {
      objects.awaitSynced(open);
    } else if (askedGroup != open && objects.syncedGroup() == open - 1) {
      askedGroup = open;
      objects.requestSync();
    }
  }

  /** A number for a batch, which no other has. */
  long newBatch() {
    return batches.incrementAndGet();
  }

  /**
   * Records what was done to the keys whose stripes the caller holds.
   *
   * @return the sequence of the record; of the newest one if there is nothing to record
   */
  long append(CommitRecord.Kind kind, long batch, List<Change> changes) {
    if (log == null) {
      return commits.incrementAndGet();
    }
    return append(log, CommitRecord.encode(kind, batch, changes));
  }

  /** Records what was done to the key whose stripe the caller holds, as for several. */
  long append(Change change) {
    return log == null ? commits.incrementAndGet() : append(log, CommitRecord.encode(change));
  }

  private static long append(IntentLog to, byte[][] record) {
    return record.length == 0 ? to.lastSequence() : to.append(record);
  }

  /** Records that all parts of a batch are recorded. */
  long appendEnd(long batch) {
    return log == null ? commits.get() : log.append(CommitRecord.encodeEnd(batch));
  }

  /** Does what a durability promises for all records up to a sequence. */
  void await(long sequence, Durability durability) {
    if (log == null) {
      return;
    }
    if (durability.isAsync()) {
      log.requestFlush(sequence, durability.bound());
    } else if (durability.equals(Durability.SYNC)) {
      CommitWaitEvent event = Events.commitWait();
      log.awaitDurable(sequence);
      if (event != null) {
        event.finish(name, sequence);
      }
    }
  }

  /** Waits until the commit of a sequence is durable. */
  void awaitDurable(long sequence) {
    long last = lastSequence();
    if (sequence > last) {
      throw new IllegalArgumentException(
          "sequence=" + sequence + " is of no commit: the newest one has " + last);
    }
    await(sequence, Durability.SYNC);
  }

  /** Replays the log of a store that is opened; nothing is appended before. */
  void replay(ZapStore store, StoreOptions options) {
    if (log != null) {
      replayedRecords = LogReplay.run(store, log, options);
    }
  }

  LogStatistics statistics() {
    return new LogStatistics(
        log == null ? 0 : log.usedBytes(),
        lastSequence(),
        durableSequence(),
        replayedRecords,
        log != null && log.wasTorn());
  }

  long lastSequence() {
    return log == null ? commits.get() : log.lastSequence();
  }

  long durableSequence() {
    return log == null ? commits.get() : log.durableSequence();
  }
}
