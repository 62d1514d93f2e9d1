// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Takes buffers out of a cache: to make room, when they were freed, and at the end. Any thread. */
final class Evictor implements CacheMemory.Reclaimer {
  /*
   * Implementation notes
   *
   * Where a cached buffer can be, seen from here:
   *
   *   in the policy --chosen--> victims --drain--> destroyed
   *        ^                      ^  |
   *        | used again           |  | held or dirty: REFUSED
   *        +---- refused <--------|--+
   *                 |             |
   *                 +-------------+ released and clean
   *
   * REFUSED is a flag of the state word, set by the same compare-and-set that finds the buffer held
   * or dirty, and taken off by the one that ends that: so a refused buffer is offered again exactly
   * when it can be evicted. The set `refused` follows the flag, for finding those to write out.
   *
   * destroy() is for whoever has moved a buffer to EVICTING; nobody else touches it then. The
   * order: detach the user, take the identity away, say so to whoever waits, return the memory, and
   * only then run the user's code. A thread that wants the block therefore never waits for user
   * code, and user code may want the block. Where only the user goes, early, it is the other way
   * round: evictSync runs in EVICTING, as it must not meet a hold, and whoever wants the block waits.
   *
   * No lock of the cache is held in any call-out (DirtyWriter, BufferUser).
   */
  private static final System.Logger LOGGER = System.getLogger(Evictor.class.getName());
  private static final int BATCH = 16;

  private final BufferIndex index;
  private final CacheCounters counters;
  private final UserEvictions userEvictions;
  private final @Nullable DirtyWriter dirtyWriter;
  private final EvictionPolicy policy;
  private final Queue<Buffer> victims = new ConcurrentLinkedQueue<>();
  private final Set<Buffer> refused = ConcurrentHashMap.newKeySet();

  /** Who is in the DirtyWriter: memory that it takes there must not send it in again, and again. */
  private final Set<Thread> writing = ConcurrentHashMap.newKeySet();

  Evictor(
      BufferIndex index,
      CacheMemory memory,
      CacheCounters counters,
      UserEvictions userEvictions,
      @Nullable DirtyWriter dirtyWriter) {
    this.index = index;
    this.counters = counters;
    this.userEvictions = userEvictions;
    this.dirtyWriter = dirtyWriter;
    this.policy = new EvictionPolicy(memory.cachedLimitBytes(), victims::add);
  }

  /** A buffer was loaded and is held. */
  void admit(Buffer buffer) {
    if (buffer.isInReserve()) {
      // A guest: it goes when it is released, so that the reserve is there for the next one.
      buffer.refuse();
      refused.add(buffer);
    } else {
      policy.put(buffer);
    }
    drain();
  }

  /** A held buffer is used again, for the first time in this epoch. */
  void touch(Buffer buffer) {
    if (buffer.isInReserve()) {
      return;
    }
    if (buffer.clearRefused()) {
      refused.remove(buffer);
    }
    policy.touch(buffer);
  }

  void weightChanged(Buffer buffer) {
    if (!buffer.isInReserve()) {
      policy.put(buffer);
    }
  }

  /** A buffer that was refused is now unheld and clean. */
  void offer(Buffer buffer) {
    refused.remove(buffer);
    victims.add(buffer);
  }

  /** Evicts what the policy chose; true if that was at least one buffer. */
  boolean drain() {
    boolean evicted = false;
    for (Buffer victim = victims.poll(); victim != null; victim = victims.poll()) {
      evicted |= evict(victim);
    }
    return evicted;
  }

  @Override
  public boolean reclaim() {
    return reclaimClean() || writeOutSome() || drain();
  }

  @Override
  public boolean reclaimClean() {
    if (drain()) {
      return true;
    }
    boolean evicted = false;
    for (Buffer buffer : policy.coldest(BATCH, Buffer::isIdleAndClean)) {
      evicted |= evict(buffer);
    }
    // Asking the policy may have made it choose: what it chose is in victims now, and with nobody.
    return evicted || drain();
  }

  @Override
  public boolean isHopeless() {
    return dirtyWriter != null && dirtyWriter.hasFailed();
  }

  @Override
  public boolean hasNoRoom() {
    return dirtyWriter != null && dirtyWriter.hasNoRoom();
  }

  @Override
  public String describe() {
    long[] bytes = new long[2];
    index.forEach(
        buffer -> {
          if (buffer.holds() > 0) {
            bytes[0] += buffer.blockBytes();
          }
          if (buffer.dirtyCount() > 0) {
            bytes[1] += buffer.blockBytes();
          }
        });
    String failed = isHopeless() ? ", which is never written any more after a failure" : "";
    return "held=" + bytes[0] + " dirty=" + bytes[1] + failed;
  }

  private boolean evict(Buffer buffer) {
    // Again if it was released between the two: neither is true of it for long.
    while (!refuse(buffer)) {
      if (buffer.claimIdle(false)) {
        destroyToMakeRoom(buffer);
        return true;
      }
    }
    return false;
  }

  /** Sees to it that a buffer is offered later; false: it can be evicted now. */
  private boolean refuse(Buffer buffer) {
    if (!buffer.refuse()) {
      return false;
    }
    if (buffer.isRefused()) {
      refused.add(buffer);
      if (!buffer.isRefused()) {
        // It was offered, used again, or destroyed, before it was in the set.
        refused.remove(buffer);
      }
    }
    return true;
  }

  private boolean writeOutSome() {
    if (dirtyWriter == null || isHopeless() || writing.contains(Thread.currentThread())) {
      return false;
    }
    for (int limit : new int[] {BATCH, Integer.MAX_VALUE}) {
      // The second time only if the writer refused all of the first, and not for want of room.
      int written = 0;
      for (Buffer buffer : policy.coldest(limit, Buffer::isWritable)) {
        if (written < BATCH && writeOut(dirtyWriter, buffer)) {
          written++;
        }
      }
      if (written > 0) {
        return true;
      }
      if (hasNoRoom()) {
        return false;
      }
    }
    for (Buffer buffer : refused) {
      if (buffer.isWritable() && writeOut(dirtyWriter, buffer)) {
        return true;
      }
    }
    return false;
  }

  private boolean writeOut(DirtyWriter writer, Buffer buffer) {
    DirtyRecord record = buffer.claimForWriteOut();
    if (record == null) {
      return false;
    }
    boolean written = false;
    writing.add(Thread.currentThread());
    buffer.enterCallOut();
    try {
      written = writer.writeOut(buffer, record.group());
    } catch (RuntimeException e) {
      // Not this thread's data: it asked for memory only. The sync will meet the failure as well.
      LOGGER.log(Level.WARNING, buffer + ": writing out early failed", e);
    } finally {
      buffer.leaveCallOut();
      writing.remove(Thread.currentThread());
      if (!written) {
        buffer.unclaim();
      }
    }
    if (written) {
      counters.writeOuts.increment();
      destroyToMakeRoom(buffer);
    }
    return written;
  }

  private void destroyToMakeRoom(Buffer buffer) {
    counters.evictions.increment();
    if (destroy(buffer)) {
      counters.userEvictions.increment();
    }
  }

  /**
   * The end of a buffer that the caller has moved to EVICTING.
   *
   * @return whether it had a user
   */
  boolean destroy(Buffer buffer) {
    BufferUser user = takeUser(buffer);
    buffer.dropAllRecords();
    index.remove(buffer);
    policy.remove(buffer);
    buffer.becomeUncached();
    // After the flag is off: see refuse().
    refused.remove(buffer);
    buffer.freeMemory();
    if (user != null) {
      userEvictions.run(user);
    }
    return user != null;
  }

  /** Detaches the user of a buffer in EVICTING; {@link UserEvictions#run} must follow. */
  @Nullable BufferUser takeUser(Buffer buffer) {
    if (buffer.user() == null) {
      return null;
    }
    userEvictions.begin();
    BufferUser user = buffer.detachUser();
    if (user == null) {
      userEvictions.abandon();
    }
    return user;
  }

  /** A buffer lost its identity; it is no longer of interest to the policy. */
  void forget(Buffer buffer) {
    buffer.clearRefused();
    refused.remove(buffer);
    policy.remove(buffer);
  }

  /** Evicts the user of a buffer in EVICTING, which stays. Nobody holds it before that is done. */
  void evictUserOnly(Buffer buffer) {
    BufferUser user = takeUser(buffer);
    if (user == null) {
      buffer.unclaim();
      return;
    }
    buffer.enterCallOut();
    boolean wantsAsync = userEvictions.runSync(user);
    buffer.leaveCallOut();
    buffer.unclaim();
    userEvictions.runAsync(user, wantsAsync);
  }
}
