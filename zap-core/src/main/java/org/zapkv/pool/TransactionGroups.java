// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;
import org.zapkv.event.Events;
import org.zapkv.event.SyncEvent;
import org.zapkv.log.IntentLog;
import org.zapkv.log.LogPosition;

/**
 * Groups transactions and makes each group durable as a whole, on a thread of its own, while the
 * next group takes changes.
 *
 * <p>Safe for use from several threads.
 */
public final class TransactionGroups implements AutoCloseable {

  /*
   * Implementation notes
   *
   *   group:   open --switch--> syncing --uberblock flushed--> synced
   *                 quiescing: the gate holds back those who begin until those inside have ended
   *
   * One thread switches and syncs, so at most two groups are not synced: the one syncing and the
   * open one after it. A younger group changes a block only after the older one can no longer change
   * it, because the gate is empty at the switch.
   *
   * Writers do not wait for a sync, nor for a long transaction: see TransactionGate for the switch
   * and WriteThrottle for what is not written yet. What was written of the group being synced counts
   * no more, block by block. Only when as much is dirty as may be those who begin wait, until it is
   * less. Not even then if that could only come after the end of a long transaction, whose blocks
   * are written early when memory is wanted: then each waits for a moment.
   *
   * A group that finds no room, though it was accepted, waits for it (RoomWait); meanwhile those who
   * begin or wait get StoreFullException, reads go on.
   *
   * Without background, what asks for a sync only leaves a note (`owed`), and whoever begins the next
   * transaction waits for that sync: the syncing thread then never runs beside another one, if there
   * is only one.
   *
   * A failure is sticky: the group is never written, those who begin or wait get
   * StoreFailedException, reads go on.
   *
   * "work" wakes the syncing thread; "progress" wakes those who wait for it: signalled after every
   * round, also one that found nothing to do, because that is what a waiter on an unchanged group
   * has to see; and when less is dirty, if somebody waits for that. Lock order: syncLock, then the gate's lock or "lock" (never both).
   */

  private static final System.Logger LOGGER = System.getLogger(TransactionGroups.class.getName());

  /** So many quarters of the dirty limit may be in memory, of two groups together. */
  private static final int MAX_DIRTY_QUARTERS = 7;

  /** So many times the limit of changed objects may be there, of two groups together. */
  private static final int OBJECTS_FACTOR = 2;

  /**
   * A transaction that may change more than this may take long: some thousand scattered changes.
   */
  private static final long LONG_TRANSACTION_BYTES = 16 << 20;

  /**
   * A group with more changed objects than this is synced; a sync of so many takes a part of a
   * second.
   */
  private static final int MAX_CHANGED_OBJECTS = 8192;

  /** After so many groups without changes a store is as small as it gets: move down, cut off. */
  private static final int MAX_TIDYING_ROUNDS = 3;

  /** As many as that when the store is closed, each of which moves a bounded part. */
  private static final int MAX_CLOSING_ROUNDS = 8;

  /** How often who waits to be alone looks whether he is. */
  private static final long ALONE_POLL_NANOS = 50_000;

  private final Pool pool;
  private final SyncParticipant participant;
  private final SyncSettings settings;
  private final SpaceBudget budget;
  private final @Nullable IntentLog log;

  private final TransactionGate gate;
  private final WriterBarrier barrier = new WriterBarrier(this::syncedGroup);
  private final WriteThrottle throttle = new WriteThrottle(System::nanoTime);
  private final Thread thread;

  /** Held by who makes a change alone; above all other locks here. */
  private final ReentrantLock aloneLock = new ReentrantLock();

  /** Held while a group is switched and synced. */
  private final ReentrantLock syncLock = new ReentrantLock();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition progress = lock.newCondition();

  /** How many wait in {@link #awaitLessDirty}. Counted before they look, read after a change. */
  private final AtomicInteger waitingForLess = new AtomicInteger();

  /* Guarded by lock. */
  private boolean stopping;
  private boolean stopped;
  private long rounds;

  /* Set by anyone, cleared by the syncing thread under the lock before it looks for work. */
  private volatile boolean requested;

  /** Whether a sync was asked for that is yet to be waited for; without background only. */
  private volatile boolean owed;

  private volatile long syncedGroup;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;
  private volatile boolean failureReported;

  /**
   * The groups of a pool; begins with the group after the newest durable one.
   *
   * @param pool where the groups are written
   * @param participant the layer that has changes to write
   * @param settings when groups are synced by themselves
   * @param log the intent log whose records the groups hold; null for a store without one
   */
  public TransactionGroups(
      Pool pool, SyncParticipant participant, SyncSettings settings, @Nullable IntentLog log) {
    this.pool = pool;
    this.participant = participant;
    this.settings = settings;
    this.log = log;
    this.budget = new SpaceBudget(pool);
    pool.stager().listener((group, bytes) -> addDirty(group, -bytes));
    pool.roomWait().onWait(this::signalWaiters);
    this.syncedGroup = pool.committedGroup();
    this.gate = new TransactionGate(syncedGroup + 1);
    this.thread = new Thread(this::run, "zap-sync-" + pool.deviceName());
    thread.setDaemon(true);
  }

  /** Starts the syncing thread. */
  public void start() {
    thread.start();
  }

  /**
   * Begins a transaction in the open group. Waits for a moment if more is dirty than can be written
   * in time, and while the group is being switched: that takes as long as the short transactions
   * that are open. One that may change many MiB counts as long, and waits for other long ones too.
   *
   * @param expectedBytes about how many bytes of blocks it will change at most
   * @param freeing whether it will free more than it writes
   * @return the transaction
   * @throws org.zapkv.error.StoreFullException if the device has no room
   * @throws StoreFailedException if a group could not be written
   * @throws ClosedException if closed
   */
  public Transaction begin(long expectedBytes, boolean freeing) {
    checkUsable();
    checkRoom();
    payOwed();
    throttle();
    reserve(expectedBytes, freeing);
    long group = enter(expectedBytes);
    if (isLong(expectedBytes)) {
      signalLess();
    }
    try {
      checkUsable();
    } catch (StoreFailedException | ClosedException e) {
      end(expectedBytes);
      throw e;
    }
    return new OpenTransaction(this, group, expectedBytes);
  }

  /** Enters the gate with room reserved, which is given back if that fails. */
  private long enter(long expectedBytes) {
    boolean isLong = isLong(expectedBytes);
    while (true) {
      if (barrier.holdsBack(isLong)) {
        try {
          awaitBarrier(isLong);
        } catch (RuntimeException | Error e) {
          budget.release(expectedBytes);
          throw e;
        }
      }
      long group = gate.enter(isLong);
      if (!barrier.holdsBack(isLong)) {
        return group;
      }
      gate.exit(isLong);
    }
  }

  private void awaitBarrier(boolean isLong) {
    lock.lock();
    try {
      while (barrier.holdsBack(isLong) && isWorking()) {
        progress.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    checkUsable();
    checkRoom();
  }

  /**
   * Makes a change in a transaction beside which there is no other, and which is durable before
   * there is another one. Waits for the transactions that are open, while others begin and end as
   * long as there are long ones among those; then all who begin wait until the change is durable.
   * The change must not wait for anybody who begins a transaction.
   *
   * @param expectedBytes about how many bytes of blocks it will change at most
   * @param freeing whether it will free more than it writes
   * @param change makes the change; if it throws, it has undone what it did, or failed the store
   * @throws StoreFullException if there is no room; if that is found out when the change is made,
   *     it becomes durable when there is room, and nobody begins a transaction before
   * @throws StoreFailedException if a group could not be written
   * @throws ClosedException if closed
   * @throws IllegalStateException if the caller has paused syncing, and would wait for himself
   */
  public void changeAlone(long expectedBytes, boolean freeing, Consumer<Transaction> change) {
    if (syncLock.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "called by who keeps the store from being synced meanwhile, as the listener of a check: "
              + "it would wait for itself; call it afterwards, or from another thread");
    }
    aloneLock.lock();
    try {
      awaitSynced(barrier.heldUntil());
      // What there is to be written is written while others go on, so that they are held shortly.
      awaitSynced(gate.openGroup());
      barrier.raise();
      long unwritten = 0;
      try {
        pollUntil(() -> !gate.isLongInside());
        barrier.holdAll();
        pollUntil(() -> !gate.isAnyoneInside());
        try (Transaction tx = begin(expectedBytes, freeing)) {
          change.accept(tx);
          unwritten = tx.group();
        }
        awaitSynced(unwritten);
        // Also where nothing was changed, and so no group is written that anybody could wait for.
        unwritten = 0;
      } finally {
        if (syncedGroup < unwritten) {
          // Whoever begins is refused while there is no room, and for ever after a failure. Who
          // waits then asks for nothing, and may have ended waiting before the group was asked for.
          barrier.lowerAfter(unwritten);
          requestSync();
        } else {
          barrier.lower();
        }
        signalWaiters();
      }
    } finally {
      aloneLock.unlock();
    }
  }

  private void pollUntil(BooleanSupplier condition) {
    boolean interrupted = false;
    while (!condition.getAsBoolean()) {
      interrupted |= Thread.interrupted();
      LockSupport.parkNanos(this, ALONE_POLL_NANOS);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  void end(long expectedBytes) {
    budget.release(expectedBytes);
    gate.exit(isLong(expectedBytes));
  }

  private void payOwed() {
    if (owed) {
      owed = false;
      awaitSynced(gate.openGroup());
    }
  }

  private static boolean isLong(long expectedBytes) {
    return expectedBytes > LONG_TRANSACTION_BYTES;
  }

  /**
   * Keeps a group open on behalf of a transaction in it. Leave with {@link #exit}.
   *
   * @param group the group
   * @return false when the group is not the open one, or no longer
   */
  public boolean tryEnter(long group) {
    return failure == null && gate.tryEnterBeside(group);
  }

  /** Undoes {@link #tryEnter}. */
  public void exit() {
    gate.exit(false);
  }

  /**
   * Counts changed blocks; asks for a sync when there are many.
   *
   * @param group the group they were changed in
   * @param bytes their size; negative when they no longer have to be written
   */
  public void addDirty(long group, long bytes) {
    budget.addDirty(group, bytes);
    if (bytes <= 0) {
      if (load() < 1) {
        signalLess();
      }
      return;
    }
    throttle.charge(load(), (double) bytes / maxDirtyBytes());
    if (!requested && budget.dirtyBytes(group) > settings.dirtyLimitBytes()) {
      requestSync();
    }
  }

  /**
   * Counts an object that is changed in a group for the first time; asks for a sync when there are
   * many. Each costs memory until it is synced, and time then, whatever its blocks take: without a
   * bound those who make many small objects would outrun the syncing thread for ever.
   *
   * @param group the group it was changed in
   */
  public void addChangedObject(long group) {
    long count = budget.addChangedObject(group);
    throttle.charge(load(), 1.0 / (OBJECTS_FACTOR * MAX_CHANGED_OBJECTS));
    if (count > MAX_CHANGED_OBJECTS && !requested) {
      requestSync();
    }
  }

  /**
   * Counts what has to be written besides the changed blocks: those above them, trailers and second
   * copies.
   *
   * @param group the group they were changed in
   * @param bytes their size
   */
  public void addAbove(long group, long bytes) {
    if (bytes > 0) {
      budget.addAbove(group, bytes);
    }
  }

  /**
   * The bytes of changed blocks that are not written yet.
   *
   * @return bytes, of all groups
   */
  public long dirtyBytes() {
    return budget.dirtyBytes();
  }

  /**
   * The group that takes changes.
   *
   * @return its number
   */
  public long openGroup() {
    return gate.openGroup();
  }

  /**
   * The newest durable group.
   *
   * @return its number
   */
  public long syncedGroup() {
    return syncedGroup;
  }

  /** Has the open group synced soon, if anything changed in it. */
  public void requestSync() {
    if (!settings.background()) {
      owed = true;
      return;
    }
    requested = true;
    lock.lock();
    try {
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes everything changed before the call durable. If nothing was changed, tidies up: the device
   * is as small after it as it gets by itself.
   */
  public void sync() {
    long open = gate.openGroup();
    if (participant.hasChanges(open)) {
      awaitSynced(open);
      return;
    }
    awaitSynced(open - 1);
    for (int i = 0; i < MAX_TIDYING_ROUNDS && wantsEmptyGroup(); i++) {
      awaitSynced(gate.openGroup());
    }
  }

  /**
   * Waits until a group is durable; asks for it if it is the open one. An open group in which
   * nothing was changed counts as durable when the one before is.
   *
   * @param group the group
   * @throws StoreFailedException if a group could not be written
   * @throws StoreFullException if a group waits for room; it may become durable later
   * @throws ClosedException if closed meanwhile
   */
  public void awaitSynced(long group) {
    while (syncedGroup < group) {
      checkUsable();
      checkRoom();
      long open = gate.openGroup();
      if (syncedGroup == open - 1 && !hasWork(open)) {
        return;
      }
      awaitRound(group, group >= open);
    }
  }

  /** Waits for the end of a round of the syncing thread, or until the group is synced. */
  private void awaitRound(long group, boolean request) {
    lock.lock();
    try {
      if (request) {
        requested = true;
        work.signal();
      }
      long seen = rounds;
      while (rounds == seen
          && syncedGroup < group
          && (isWorking() || (request && isEndingRound()))) {
        progress.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps the last synced state as it is: no group is synced until {@link #resumeSync} by the same
   * thread. Changes go on until memory is full.
   */
  public void pauseSync() {
    syncLock.lock();
  }

  /** Undoes {@link #pauseSync}. */
  public void resumeSync() {
    syncLock.unlock();
  }

  /**
   * Whether a failure has ended all changes.
   *
   * @return true after {@link #fail}
   */
  public boolean hasFailed() {
    return failure != null;
  }

  /**
   * Whether the group being synced finds no room.
   *
   * @return true as long as it waits for some
   */
  public boolean isWaitingForRoom() {
    return pool.roomWait().isWaiting();
  }

  /**
   * A group cannot be written, or the log not, or a change was made in part: no group will be
   * written any more.
   *
   * @param cause what failed
   */
  public void fail(Throwable cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        LOGGER.log(
            System.Logger.Level.ERROR,
            "a failure of the store on " + pool.deviceName() + "; no more changes are taken",
            cause);
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    if (log != null) {
      log.fail(cause);
    }
  }

  /**
   * Refuses new transactions, makes what was changed durable unless the store has failed, and stops
   * the syncing thread. Waits for open transactions. Closing twice does nothing.
   *
   * @throws StoreFailedException if changes are lost because of a failure, unless somebody was told
   *     before
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      stopping = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    pool.roomWait().giveUp();
    ThreadEnd.await(thread);
    Throwable cause = failure;
    if (cause != null && !failureReported) {
      throw failed(cause);
    }
  }

  private void run() {
    while (awaitWork()) {
      round();
    }
    try {
      awaitTransactions();
      participant.closing();
    } catch (Throwable e) {
      // Whoever closes the store is told that nothing was written, and who waits that it is over.
      fail(e);
    }
    for (int i = 0; i <= MAX_CLOSING_ROUNDS && !settings.readOnly(); i++) {
      round();
    }
    signalProgress(true);
  }

  /** Waits for a request or the interval; false when it is time to stop. */
  private boolean awaitWork() {
    long nanos = settings.background() ? settings.interval().toNanos() : Long.MAX_VALUE;
    lock.lock();
    try {
      while (!requested && !stopping && nanos > 0) {
        nanos = work.awaitNanos(nanos);
      }
      requested = false;
      return !stopping;
    } catch (InterruptedException e) {
      /* Nobody has a reason to interrupt this thread; an interrupt means no more than a wake-up. */
      return !stopping;
    } finally {
      lock.unlock();
    }
  }

  private void round() {
    syncLock.lock();
    try {
      if (failure == null && hasWork(gate.openGroup())) {
        syncOpenGroup();
      }
    } catch (Throwable e) {
      fail(e);
    } finally {
      syncLock.unlock();
      signalProgress(false);
    }
  }

  private void syncOpenGroup() {
    long group = gate.openGroup();
    LogPosition position = switchGroup(group);
    if (position == null) {
      return;
    }
    SyncEvent event = Events.sync();
    long written = event == null ? 0 : writtenBytes();
    byte[] root = participant.sync(group);
    pool.commit(group, root, position);
    participant.committed(group);
    budget.forget(group);
    syncedGroup = group;
    if (log != null) {
      log.released(position);
    }
    if (event != null) {
      event.finish(pool.deviceName(), group, writtenBytes() - written);
    }
  }

  private long writtenBytes() {
    return pool.statistics(gate.openGroup(), 0).writtenBytes();
  }

  /**
   * Gives the position in the log between the records of the group and those after it; null: a
   * transaction of the group failed the store while it was waited for.
   */
  private @Nullable LogPosition switchGroup(long group) {
    gate.quiesce();
    boolean isWhole = failure == null;
    try {
      if (!isWhole) {
        return null;
      }
      pool.beginSync(group);
      return log == null ? LogPosition.NONE : log.position();
    } finally {
      gate.reopen(isWhole ? group + 1 : group);
    }
  }

  /* Nobody begins any more: whoever is inside now is the last, and may yet make the first change of
  the group. */
  private void awaitTransactions() {
    gate.quiesce();
    gate.reopen(gate.openGroup());
  }

  private void signalProgress(boolean last) {
    lock.lock();
    try {
      rounds++;
      stopped = last;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasWork(long group) {
    return participant.hasChanges(group) || wantsEmptyGroup();
  }

  private boolean wantsEmptyGroup() {
    return !settings.readOnly()
        && (participant.wantsEmptyGroup()
            || pool.wantsEmptyGroup()
            || (log != null && log.wantsPosition()));
  }

  /** How much is changed and not written, as a part of what may be at most. */
  private double load() {
    long objects = budget.changedObjects();
    double ofObjects = (double) objects / (OBJECTS_FACTOR * MAX_CHANGED_OBJECTS);
    return Math.max(ofObjects, (double) budget.dirtyBytes() / maxDirtyBytes());
  }

  private long maxDirtyBytes() {
    return settings.dirtyLimitBytes() / 4 * MAX_DIRTY_QUARTERS;
  }

  private void throttle() {
    throttle.await();
    if (load() >= 1) {
      awaitLessDirty();
      checkUsable();
      checkRoom();
    }
  }

  private void awaitLessDirty() {
    waitingForLess.incrementAndGet();
    lock.lock();
    try {
      while (load() >= 1 && isWorking()) {
        if (isHeldByLongTransaction()) {
          progress.awaitNanos(WriteThrottle.MAX_WAIT_NANOS);
          return;
        }
        requested = true;
        work.signal();
        progress.awaitUninterruptibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
      waitingForLess.decrementAndGet();
    }
  }

  /** Whether waiting for the syncing thread makes sense; under the lock. */
  private boolean isWorking() {
    return failure == null && !stopped && !pool.roomWait().isWaiting();
  }

  /**
   * Whether a round that was asked for is awaited to its very end, even if it has failed, so that
   * nothing of it runs beside the one who waits; under the lock.
   */
  private boolean isEndingRound() {
    return !settings.background() && !stopped && !pool.roomWait().isWaiting();
  }

  /** Whether no group is being written, and none can be before a long transaction has ended. */
  private boolean isHeldByLongTransaction() {
    return gate.isLongInside() && syncedGroup == gate.openGroup() - 1;
  }

  private void signalLess() {
    if (waitingForLess.get() > 0) {
      signalWaiters();
    }
  }

  private void signalWaiters() {
    lock.lock();
    try {
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void reserve(long bytes, boolean freeing) {
    if (budget.tryReserve(bytes, freeing)) {
      return;
    }
    /* What was freed in the open group can be used when the group is synced. */
    sync();
    pool.refreshCapacity();
    if (!budget.tryReserve(bytes, freeing)) {
      throw budget.full(bytes);
    }
  }

  private void checkRoom() {
    if (pool.roomWait().isWaiting()) {
      throw new StoreFullException(
          "%s is full: what was changed, %d bytes of blocks, waits for room to be written; make room on the device, it goes on by itself"
              .formatted(pool.deviceName(), dirtyBytes()));
    }
  }

  /**
   * Refuses when no more changes are taken.
   *
   * @throws StoreFailedException if a group could not be written
   * @throws ClosedException if closed
   */
  public void checkUsable() {
    Throwable cause = failure;
    if (cause != null) {
      failureReported = true;
      throw failed(cause);
    }
    if (closed) {
      throw new ClosedException("the store on " + pool.deviceName() + " is closed");
    }
  }

  private StoreFailedException failed(Throwable cause) {
    return new StoreFailedException(
        "the store on "
            + pool.deviceName()
            + " takes no more changes after a failure: "
            + (cause instanceof ZapException ? cause.getMessage() : cause)
            + "; what was durable before is on the device: close the store, mend the cause, open it"
            + " again",
        cause);
  }
}
