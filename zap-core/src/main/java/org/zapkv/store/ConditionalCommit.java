// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.jspecify.annotations.Nullable;
import org.zapkv.error.CacheFullException;
import org.zapkv.event.CommitEvent;
import org.zapkv.event.Events;
import org.zapkv.pool.Transaction;

/** A commit of one change that depends on what the key has: looked at and made as one step. */
final class ConditionalCommit {
  /*
   * As SingleCommit, but what is to be changed is decided under the key's stripe, so that nobody can
   * change the key between look and change. What goes to the log is a plain change.
   *
   * Room in the log is reserved, and the transaction told what it may dirty, before that: for a value
   * as large as the caller says it may be. If the decision comes to a larger one, everything is let
   * go and begun again with room for that; if the key is still what it was, the first decision
   * stands, so that a function of the caller is not called twice. The object of a large value is
   * written under the stripe: before it, it would be written in vain where nothing is to be done.
   *
   * Where nothing is changed, the answer rests on what was seen. Whoever made that appended it to the
   * log under the same stripe: so the newest record, as of now, is not before it, and to wait for
   * that one is to wait for what was seen.
   */

  /** What is to be done with a key. Called with its stripe held. */
  @FunctionalInterface
  interface Decision {
    /**
     * Decides.
     *
     * @param seen what the key has
     * @return the change of this very key; null: none
     */
    @Nullable Change decide(Seen seen);
  }

  /**
   * What came of it.
   *
   * @param seen what the key had
   * @param isChanged whether there was a change
   * @param sequence of the record that has to be durable for the answer to last
   */
  record Outcome(Seen seen, boolean isChanged, long sequence) {}

  private final ZapStore store;
  private final MapKey key;
  private final boolean onlyRemoves;
  private final Decision decision;

  /** There is room for a value of so many bytes. */
  private int valueBytes;

  /** A change for which there was no room, and what it was decided on. */
  private @Nullable Change pending;

  private @Nullable Seen pendingSeen;

  /** What the change takes on the heap that was made. */
  private long changedBytes;

  private ConditionalCommit(MapKey key, int valueBytes, boolean onlyRemoves, Decision decision) {
    this.store = key.map.store();
    this.key = key;
    this.valueBytes = valueBytes;
    this.onlyRemoves = onlyRemoves;
    this.decision = decision;
  }

  /**
   * Looks, decides and changes.
   *
   * @param valueBytes how large the value will be, if that is known; below what a leaf holds it
   *     makes no difference
   */
  static Outcome run(MapKey key, int valueBytes, Durability durability, Decision decision) {
    return new ConditionalCommit(
            key, Math.max(valueBytes, ValueStore.INLINE_BYTES), false, decision)
        .run(durability);
  }

  /** As {@link #run(MapKey, int, Durability, Decision)}, for what comes to no put. */
  static Outcome runRemoval(MapKey key, Durability durability, Decision decision) {
    return new ConditionalCommit(key, 0, true, decision).run(durability);
  }

  private Outcome run(Durability durability) {
    int slot = store.gate().enter();
    try {
      store.checkWritable();
      CommitEvent event = Events.commit();
      Outcome outcome = attempt();
      while (outcome == null) {
        // Each time the room grows, and no value is larger than the largest.
        outcome = attempt();
      }
      if (event != null && outcome.isChanged) {
        event.finish(store.name(), 1, changedBytes, outcome.sequence);
      }
      store.commitLog().await(outcome.sequence, durability);
      return outcome;
    } finally {
      store.gate().exit(slot);
    }
  }

  /** Null: there is not enough room. */
  private @Nullable Outcome attempt() {
    CommitLog.Room room = store.commitLog().reserve(CommitRecord.reservedBytes(key, valueBytes));
    try (Transaction tx = begin()) {
      // From here on, until the transaction ends, the map is neither dropped nor cleared.
      key.map.checkAlive();
      return lookAndChange(new BatchApplier(store, tx));
    } catch (CacheFullException e) {
      throw BatchApplier.told(e);
    } finally {
      room.giveBack();
    }
  }

  private Transaction begin() {
    return onlyRemoves
        ? store.beginFreeing(key.map.removalBytes())
        : store.begin(key.map.changeBytes() + ValueStore.objectBytes(valueBytes));
  }

  private @Nullable Outcome lookAndChange(BatchApplier applier) {
    Seen seen;
    Change change;
    long sequence;
    int stripe = store.stripes().lock(key);
    try {
      seen = Seen.of(key);
      change = decide(seen);
      if (change == null) {
        return new Outcome(seen, false, store.commitLog().lastSequence());
      }
      if (change.valueBytes() > valueBytes) {
        valueBytes = change.valueBytes();
        pending = change;
        pendingSeen = seen;
        return null;
      }
      sequence = make(applier, change);
    } finally {
      store.stripes().unlock(stripe);
    }
    applier.release(change);
    changedBytes = change.heapBytes();
    return new Outcome(seen, true, sequence);
  }

  private @Nullable Change decide(Seen seen) {
    boolean stands = pendingSeen != null && pendingSeen.isSame(seen);
    return stands ? pending : decision.decide(seen);
  }

  private long make(BatchApplier applier, Change change) {
    try {
      applier.prepare(change);
      applier.apply(change);
      return store.commitLog().append(change);
    } catch (CacheFullException e) {
      applier.putBack(Changes.of(change), e);
      throw BatchApplier.told(e);
    } catch (RuntimeException | Error e) {
      applier.putBack(Changes.of(change), e);
      throw e;
    }
  }
}
