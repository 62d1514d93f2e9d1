// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.LeafValues;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapValue;

/** Frees what was dropped or cleared: the objects of maps, and those of their large values. */
final class MapRemains {
  /*
   * A step frees some leaves and the large values they name, in one transaction, from the last
   * leaf on: so what is freed is a leaf less, and a step that is lost in a crash is made again from
   * what is still there. The last step destroys the object and removes the note of it from the
   * directory. Everything that has to be read for a step is read before its transaction begins, so
   * that a step is made as a whole or not at all.
   *
   * What is damaged is passed over and logged: the values that a damaged leaf names are lost to the
   * store, and a check tells of them. If the object itself cannot be opened its note stays, for the
   * next opening. Where a step fails for want of room, or in reading, it is tried again: at once by
   * smaller steps, then when somebody drops or clears another map or syncs the store.
   *
   * Nothing of a dropped map is freed, and the handle of its object is not closed, before all who
   * were inside the gate at that time have left it: a reader may still be on its way in the object,
   * and trusts what was checked when it was read, the header above all, of which freeing makes
   * zeros; nor must the object's number be another's then. That is awaited outside of the gate.
   */

  private static final System.Logger LOGGER = System.getLogger(MapRemains.class.getName());

  private static final int MAX_STEP_BLOCKS = 64;

  /** Values are gathered up to so many, and as many as the last leaf has beyond that. */
  private static final int STEP_VALUES = 256;

  /** What a step may dirty: it changes blocks above leaves and dnodes only. */
  private static final long STEP_BYTES = 64 << 10;

  /** A map that is to be freed. */
  private static final class Dropped {
    private final long objectId;

    /** Those who may still read it. */
    private final OperationGate.Leaving users;

    /** The blocks from here on are freed; below 0: not begun. */
    private long end = -1;

    Dropped(long objectId, OperationGate.Leaving users) {
      this.objectId = objectId;
      this.users = users;
    }
  }

  /** How often it is looked whether a dropped map has users. */
  private static final long USERS_POLL_NANOS = 100_000;

  /** A large value that is to be freed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Large(byte[] key, ZapValue reference) {}

  /** A handle that somebody may still use who was inside when it was to be closed. */
  private record Retired(DataObject object, OperationGate.Leaving users) {}

  private final ZapStore store;
  private final MapTable table;
  private final boolean background;
  private final AtomicBoolean running = new AtomicBoolean();

  /** Whether somebody has asked for what is to be freed since the last run began. */
  private volatile boolean asked;

  private final ConcurrentLinkedQueue<Retired> retired = new ConcurrentLinkedQueue<>();

  /** Guards the rest. */
  private final ReentrantLock lifeLock;

  private final Deque<Dropped> waiting = new ArrayDeque<>();
  private int stepBlocks = MAX_STEP_BLOCKS;

  /** Whether there may be notes of what is not waiting. */
  private boolean othersNoted;

  MapRemains(ZapStore store, MapTable table, ReentrantLock lifeLock, boolean background) {
    this.store = store;
    this.table = table;
    this.lifeLock = lifeLock;
    this.background = background;
  }

  /** A map was dropped. Under the lock. */
  void add(long objectId) {
    waiting.add(new Dropped(objectId, store.gate().leaving()));
  }

  /** The handle of a dropped map is to be closed when nobody can use it any more. */
  void retire(DataObject object) {
    retired.add(new Retired(object, store.gate().leaving()));
  }

  /** Adds what is to be closed with the store. */
  void close(Closer closer) {
    retired.forEach(handle -> closer.add(handle.object()));
  }

  /** Finds out, when a store is opened, what was not freed. */
  void resume() {
    if (!store.isWritable()) {
      return;
    }
    lifeLock.lock();
    try {
      findNotes();
    } catch (ZapException e) {
      othersNoted = true;
      LOGGER.log(
          Level.WARNING,
          "store {0}: not all dropped maps can be found, and so freed: {1}",
          store.name(),
          e.getMessage());
    } finally {
      lifeLock.unlock();
    }
    wake();
  }

  private void findNotes() {
    if (store.root().get(DirectoryKeys.anyDropped()) == null) {
      return;
    }
    try (ZapCursor cursor = store.root().cursor()) {
      while (cursor.next()) {
        Long objectId = DirectoryKeys.droppedObject(cursor.key());
        if (objectId != null) {
          add(objectId);
        }
      }
    }
  }

  /** Has freed what is to be freed: at once without background, else soon. Not inside the gate. */
  void wake() {
    closeRetired();
    if (!isAnyWaiting()) {
      return;
    }
    asked = true;
    if (!background) {
      run();
    } else if (running.compareAndSet(false, true)) {
      Thread thread = new Thread(this::runAlone, "zap-drop-" + store.name());
      thread.setDaemon(true);
      thread.start();
    }
  }

  private boolean isAnyWaiting() {
    if (!lifeLock.tryLock()) {
      // Whoever has it may be adding some.
      return true;
    }
    try {
      return !waiting.isEmpty();
    } finally {
      lifeLock.unlock();
    }
  }

  private void runAlone() {
    do {
      asked = false;
      try {
        run();
      } finally {
        running.set(false);
      }
      // Who asked after the last look, and before "running" was false, has woken nobody: be it for
      // what was dropped since, or for another attempt at what has failed.
    } while (asked && running.compareAndSet(false, true));
  }

  /** Frees until nothing is left, or nothing that can be freed now. */
  private void run() {
    int failures = 0;
    boolean more = true;
    while (more) {
      try {
        more = step();
        failures = 0;
      } catch (ClosedException | StoreFailedException e) {
        return;
      } catch (ZapException e) {
        LOGGER.log(
            Level.WARNING,
            "store {0}: a dropped map is not freed yet: {1}",
            store.name(),
            e.getMessage());
        failures++;
        more = failures < waitingCount();
      }
      closeRetired();
    }
  }

  private int waitingCount() {
    lifeLock.lock();
    try {
      return waiting.size();
    } finally {
      lifeLock.unlock();
    }
  }

  /** Frees all that can be freed, on this thread. Throws what keeps something from being freed. */
  void finish() {
    while (step()) {
      // A step at a time, so that whoever closes the store waits for one only.
    }
    closeRetired();
  }

  /** Frees a part; false if nothing is left. */
  private boolean step() {
    awaitUsers();
    int slot = store.gate().enter();
    try {
      lifeLock.lock();
      try {
        return stepInside();
      } finally {
        lifeLock.unlock();
      }
    } finally {
      store.gate().exit(slot);
    }
  }

  /** Not inside the gate. */
  private void awaitUsers() {
    OperationGate.Leaving users = usersOfFirst();
    boolean interrupted = false;
    while (users != null && !users.haveLeft()) {
      store.gate().checkOpen();
      interrupted |= Thread.interrupted();
      LockSupport.parkNanos(this, USERS_POLL_NANOS);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private OperationGate.@Nullable Leaving usersOfFirst() {
    lifeLock.lock();
    try {
      Dropped first = waiting.peek();
      return first == null ? null : first.users;
    } finally {
      lifeLock.unlock();
    }
  }

  private boolean stepInside() {
    Dropped first = waiting.peek();
    if (first == null) {
      return false;
    }
    if (!first.users.hadLeft()) {
      // Another one than was waited for, which a failure has put behind.
      return true;
    }
    try {
      if (free(first)) {
        waiting.remove(first);
      }
      stepBlocks = Math.min(MAX_STEP_BLOCKS, 2 * stepBlocks);
    } catch (CorruptException e) {
      waiting.remove(first);
      othersNoted = true;
      LOGGER.log(
          Level.WARNING,
          "store {0}: object {1}, a dropped map, cannot be freed, and stays noted: {2}",
          store.name(),
          Long.toString(first.objectId),
          e.getMessage());
    } catch (StoreFullException e) {
      if (stepBlocks == 1) {
        throw e;
      }
      stepBlocks = 1;
    } catch (ZapException e) {
      // The others need not wait for this one.
      waiting.remove(first);
      waiting.addLast(first);
      throw e;
    }
    return !waiting.isEmpty();
  }

  /** Frees a part of a map; true if that was the last one. */
  private boolean free(Dropped map) {
    try (DataObject object = store.objects().open(map.objectId)) {
      if (object.type() != ObjectType.MAP) {
        throw new CorruptException(
            map.objectId, CorruptException.NONE, CorruptException.NONE, "it is no map");
      }
      if (map.end < 0) {
        map.end = object.blockCount();
      }
      if (map.end > 1) {
        freeBlocks(object, map);
        return false;
      }
      destroy(map.objectId);
      return true;
    }
  }

  private void freeBlocks(DataObject object, Dropped map) {
    long lowest = Math.max(1, map.end - stepBlocks);
    object.prefetch(LongStream.range(lowest, map.end).toArray());
    List<Large> values = new ArrayList<>();
    long from = map.end;
    while (from > lowest && values.size() < STEP_VALUES) {
      from--;
      gather(object, from, values);
    }
    try (Closer handles = new Closer()) {
      // From here on none of them has to be read.
      values.removeIf(value -> !isThere(value, handles));
      try (Transaction tx = store.beginFreeing(STEP_BYTES)) {
        freeBlocks(object, from, map.end - from, values, tx);
      }
    }
    map.end = from;
  }

  private void freeBlocks(
      DataObject object, long from, long count, List<Large> values, Transaction tx) {
    try {
      for (Large value : values) {
        store.values().release(value.key(), value.reference(), tx);
      }
      object.freeRange(from, count, tx);
    } catch (RuntimeException | Error e) {
      // What is destroyed must not be named by a leaf when the step is made again.
      store.fail("a step of freeing object " + object.objectId() + " was made in part", e);
      throw e;
    }
  }

  private void gather(DataObject object, long block, List<Large> values) {
    try {
      LeafValues.forEachOfWords(
          object,
          block,
          (key, value) -> {
            if (ValueStore.isReference(value)) {
              values.add(new Large(key, value));
            }
          });
    } catch (CorruptException e) {
      LOGGER.log(
          Level.WARNING,
          "store {0}: large values that a damaged block of a dropped map names are not freed: {1}",
          store.name(),
          e.getMessage());
    }
  }

  private boolean isThere(Large value, Closer handles) {
    long objectId = ValueStore.referenceObject(value.reference());
    try {
      DataObject object = handles.add(store.objects().open(objectId));
      if (object.type() == ObjectType.VALUE) {
        return true;
      }
      LOGGER.log(
          Level.WARNING,
          "store {0}: object {1}, named by a dropped map as a value, is a {2}",
          store.name(),
          Long.toString(objectId),
          object.type());
    } catch (CorruptException e) {
      LOGGER.log(
          Level.WARNING,
          "store {0}: object {1}, a value of a dropped map, is not freed: {2}",
          store.name(),
          Long.toString(objectId),
          e.getMessage());
    }
    return false;
  }

  private void destroy(long objectId) {
    byte[] note = DirectoryKeys.dropped(objectId);
    boolean isLast = waiting.size() == 1 && !othersNoted;
    store.root().get(note);
    store.root().get(DirectoryKeys.anyDropped());
    try (Transaction tx = store.beginFreeing(2 * table.changeBytes())) {
      // The object before its note: if it cannot be destroyed it stays noted.
      store.objects().destroy(objectId, tx);
      try {
        store.root().remove(note, tx);
        if (isLast) {
          store.root().remove(DirectoryKeys.anyDropped(), tx);
        }
      } catch (RuntimeException | Error e) {
        // A note must never name an object that is gone: its number will be another's.
        store.fail("the note of dropped object " + objectId + " could not be removed", e);
        throw e;
      }
    }
  }

  /** Closes the handles that nobody can be using any more. Not inside the gate. */
  private void closeRetired() {
    for (Iterator<Retired> handles = retired.iterator(); handles.hasNext(); ) {
      Retired handle = handles.next();
      if (!handle.users().haveLeft()) {
        continue;
      }
      int slot = store.gate().tryEnter();
      if (slot < 0) {
        return;
      }
      try {
        handles.remove();
        handle.object().close();
      } finally {
        store.gate().exit(slot);
      }
    }
  }
}
