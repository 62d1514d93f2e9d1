// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.log.IntentLog;
import org.zapkv.log.LogConsumer;
import org.zapkv.pool.Transaction;

/** Does again what is in the intent log and not in the newest group, when a store is opened. */
final class LogReplay {
  /*
   * Records say what keys have after a commit, not what was done with what they had. So a record may
   * be made twice, and a replay that is cut off is begun again.
   *
   * The log is read twice: first to verify it and to learn which large batches have come to their
   * end, then to make the changes, each record in a transaction of its own. Groups may be closed in
   * between, so the log may be longer than memory; until the log is started again they hold the
   * position that it was opened with, and what is in it stays.
   *
   * The one thing that is not made twice is to give a key the object of a stream: that object goes
   * with what replaces it, and is on the list of unfinished values no more. So where an earlier
   * replay has come past such a record, nothing is made of what the key had before it. And where the
   * record cannot be made, the object is left alone, for the next replay.
   *
   * Nobody else has the store yet, so no stripes are taken.
   */

  private static final System.Logger LOGGER = System.getLogger(LogReplay.class.getName());

  private final ZapStore store;
  private final IntentLog log;
  private final boolean acceptLoss;
  private final Set<Long> endedBatches = new HashSet<>();
  private final Map<String, ZapMap> maps = new HashMap<>();

  /** The records that give a key an object, in order: found in the first reading. */
  private final List<Stream> streams = new ArrayList<>();

  /** Up to which sequence the changes of a key are made, by a replay that was cut off. */
  private final Map<MapKey, Long> madeBefore = new HashMap<>();

  private long madeRecords;
  private long passedOver;
  private long seenSequence;

  /** A record that gives a key an object. */
  private record Stream(long sequence, CommitRecord.Operation operation) {}

  private LogReplay(ZapStore store, IntentLog log, boolean acceptLoss) {
    this.store = store;
    this.log = log;
    this.acceptLoss = acceptLoss;
  }

  /**
   * Replays the log, starts it again, and makes all that durable; of a store that is only read,
   * replays it. Where that cannot be written the store is as after any failed write.
   *
   * @return how many records were replayed
   * @throws CorruptException if the log is damaged, or a block that a record changes
   */
  static long run(ZapStore store, IntentLog log, StoreOptions options) {
    LogReplay replay = new LogReplay(store, log, options.acceptLogLoss());
    replay.replay(true);
    if (!options.readOnly()) {
      start(store, log);
    }
    return replay.madeRecords;
  }

  private static void start(ZapStore store, IntentLog log) {
    try {
      log.start();
      store.objects().sync();
    } catch (StoreFailedException e) {
      // As after any failed write: reads go on, and whoever makes a change is told.
      LOGGER.log(Level.WARNING, "store {0} can be read only: {1}", store.name(), e.getMessage());
    }
  }

  /**
   * Makes the commits of a damaged store's log in another store, as far as they can be read.
   *
   * @param problems takes a line if they cannot all be
   * @return how many records were replayed
   */
  static long salvage(ZapStore target, IntentLog log, List<String> problems) {
    LogReplay replay = new LogReplay(target, log, true);
    CorruptException damage = replay.replay(false);
    if (damage != null) {
      problems.add(
          "the intent log is damaged after commit "
              + replay.seenSequence
              + ", those after it are lost: "
              + damage.getMessage());
    }
    if (replay.passedOver > 0) {
      problems.add(
          replay.passedOver
              + " values that were written as streams in the last commits are lost: the log has not"
              + " their bytes");
    }
    return replay.madeRecords;
  }

  /** Returns the damage that was accepted. In another store nothing was made before. */
  private @Nullable CorruptException replay(boolean isOwn) {
    LogConsumer maker =
        (sequence, payload) -> make(sequence, CommitRecord.decode(sequence, payload));
    CorruptException damage = read(this::verify);
    if (damage != null) {
      reportDamage(damage);
    }
    if (isOwn) {
      streams.forEach(this::findMade);
    }
    if (damage == null) {
      log.replay(maker);
    } else {
      read(maker);
    }
    return damage;
  }

  /** Reads the log up to its end or to the damage that is returned. */
  private @Nullable CorruptException read(LogConsumer consumer) {
    try {
      log.replay(consumer);
      return null;
    } catch (CorruptException e) {
      return e;
    }
  }

  private void verify(long sequence, byte[] payload) {
    CommitRecord record = CommitRecord.decode(sequence, payload);
    if (record.kind() == CommitRecord.Kind.END) {
      endedBatches.add(record.batch());
    }
    for (CommitRecord.Operation operation : record.operations()) {
      if (operation.isOfObject()) {
        streams.add(new Stream(sequence, operation));
      }
    }
    seenSequence = sequence;
  }

  private void findMade(Stream stream) {
    CommitRecord.Operation operation = stream.operation;
    try {
      Change change = operation.on(map(operation.map()));
      if (isGone(change)) {
        madeBefore.put(change.key, stream.sequence);
      }
    } catch (CorruptException e) {
      if (!acceptLoss) {
        throw unreplayable(stream.sequence, e);
      }
      // Found again, and told, when it is made.
    }
  }

  private void reportDamage(CorruptException damage) {
    String what =
        "the intent log of store "
            + store.name()
            + " is damaged after commit "
            + seenSequence
            + " ("
            + damage.getMessage()
            + ")";
    if (!acceptLoss) {
      throw unreplayable(what, damage);
    }
    LOGGER.log(Level.WARNING, "{0}; all later commits are given up", what);
  }

  private CorruptException unreplayable(long sequence, CorruptException cause) {
    return unreplayable(
        "commit "
            + sequence
            + " of store "
            + store.name()
            + " cannot be made again ("
            + cause.getMessage()
            + ")",
        cause);
  }

  private static CorruptException unreplayable(String what, CorruptException cause) {
    CorruptException e =
        new CorruptException(
            cause.objectId(),
            cause.blockId(),
            cause.offsetBytes(),
            what
                + ": bring the store's files back from a backup, or open it with"
                + " acceptLogLoss(true), on the command line --accept-log-loss, and lose that");
    e.initCause(cause);
    return e;
  }

  private void make(long sequence, CommitRecord record) {
    boolean isWanted =
        switch (record.kind()) {
          case WHOLE -> true;
          case PART -> endedBatches.contains(record.batch());
          case END -> false;
        };
    if (isWanted) {
      make(sequence, record.operations());
    }
    madeRecords++;
  }

  private void make(long sequence, List<CommitRecord.Operation> operations) {
    try {
      makeAll(sequence, operations);
    } catch (CorruptException e) {
      if (!acceptLoss) {
        throw unreplayable(sequence, e);
      }
      operations.forEach(operation -> makeIfPossible(sequence, operation));
    }
  }

  private void makeIfPossible(long sequence, CommitRecord.Operation operation) {
    try {
      makeAll(sequence, List.of(operation));
    } catch (CorruptException e) {
      LOGGER.log(
          Level.WARNING,
          "commit {0}: the change of key {1} of map {2} is given up: {3}",
          Long.toString(sequence),
          Keys.show(operation.key()),
          operation.map(),
          e.getMessage());
    }
  }

  private void makeAll(long sequence, List<CommitRecord.Operation> operations) {
    // Looking up a map that has to be made takes a transaction of its own.
    List<Change> changes = new ArrayList<>();
    for (CommitRecord.Operation operation : operations) {
      Change change = operation.on(map(operation.map()));
      if (isToBeMade(sequence, change)) {
        changes.add(change);
      }
    }
    if (changes.isEmpty()) {
      return;
    }
    long listBytes =
        changes.stream().anyMatch(Change::isOfObject) ? UnfinishedValues.changeBytes() : 0;
    try (Transaction tx = store.beginFreeing(Commit.expectedBytes(changes) + listBytes)) {
      BatchApplier applier = new BatchApplier(store, tx);
      applier.prepare(changes);
      try {
        applier.apply(changes);
        for (Change change : changes) {
          if (change.isOfObject()) {
            store.unfinished().remove(change.objectId(), tx);
          }
        }
      } catch (RuntimeException | Error e) {
        keepObjects(changes, e);
        applier.putBack(changes, e);
        throw e;
      }
      applier.release(changes);
    }
  }

  /** What cannot be made is not to be freed when it is put back: it is not in memory elsewhere. */
  private void keepObjects(List<Change> changes, Throwable because) {
    for (Change change : changes) {
      if (change.isOfObject() && change.isApplied()) {
        store.fail(
            "object " + change.objectId() + " is in a map and among the unfinished", because);
      } else if (change.isOfObject()) {
        change.reset();
      }
    }
  }

  /**
   * Not a value whose object is no longer among the unfinished ones, nor what its key had before:
   * that was done in a replay that was cut off, and what came after it is in the log, too.
   */
  private boolean isToBeMade(long sequence, Change change) {
    if (isGone(change)) {
      passedOver++;
      return false;
    }
    Long made = madeBefore.get(change.key);
    return made == null || made < sequence;
  }

  private boolean isGone(Change change) {
    return change.isOfObject() && !store.unfinished().contains(change.objectId());
  }

  /** The map of a name; one that was made in the lost group is made again. */
  private ZapMap map(String name) {
    ZapMap known = maps.get(name);
    if (known == null) {
      known = Objects.requireNonNull(store.maps().lookUp(Keys.utf8(name), name, true));
      maps.put(name, known);
    }
    return known;
  }
}
