// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A hash table of buffers by identity, chained through the buffers themselves. Any thread. */
final class BufferTable {
  /*
   * Implementation notes
   *
   * A lookup that hits takes no lock and allocates nothing: no key object, which a general map needs
   * on each call, and no entry object. It reads the bucket and the links with acquire semantics;
   * both are written, under the lock of a stripe, with release.
   *
   *   bucket --> buffer --nextInTable--> buffer --> null       new ones go in front
   *
   * The low bits of the hash choose the stripe and the bucket, so the buffers of a bucket, however
   * large the table, have one stripe. There are at least twice as many buckets as buffers, as a step
   * along a chain may be a cache miss or two. Growing takes all stripes and splits each chain in two, in the
   * same order: links only ever skip forward, so that a lookup without a lock always ends. It may
   * miss a buffer that was moved meanwhile, or find one that was just removed: so a miss is looked
   * up again under the lock, and what is found is settled by the state word of the buffer. A removed
   * buffer keeps its link for those who stand on it, and is never put again.
   */
  private static final VarHandle BUCKET = MethodHandles.arrayElementVarHandle(Buffer[].class);
  private static final int STRIPES = 64;
  private static final int FIRST_BUCKETS = 1024;
  private static final int MAX_BUCKETS = 1 << 30;

  private final ReentrantLock[] locks = new ReentrantLock[STRIPES];

  /** How many buffers each stripe has. Guarded by its lock. */
  private final int[] counts = new int[STRIPES];

  /** Replaced with all locks held. Elements are written under the lock of their stripe. */
  private volatile @Nullable Buffer[] buckets = new Buffer[FIRST_BUCKETS];

  BufferTable() {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      locks[stripe] = new ReentrantLock();
    }
  }

  /** The buffer of an identity, or null. */
  @Nullable Buffer get(long objectId, long blockId) {
    int hash = BufferKey.hash(objectId, blockId);
    Buffer found = find(hash, objectId, blockId);
    if (found != null) {
      return found;
    }
    ReentrantLock lock = locks[hash & (STRIPES - 1)];
    lock.lock();
    try {
      return find(hash, objectId, blockId);
    } finally {
      lock.unlock();
    }
  }

  /** Puts a buffer unless its identity has one; false: it has. */
  boolean putIfAbsent(Buffer buffer) {
    int hash = buffer.key().hashCode();
    int stripe = hash & (STRIPES - 1);
    boolean isFull;
    locks[stripe].lock();
    try {
      if (find(hash, buffer.objectId(), buffer.blockId()) != null) {
        return false;
      }
      @Nullable Buffer[] table = buckets;
      int index = hash & (table.length - 1);
      buffer.nextInTable = (Buffer) BUCKET.get(table, index);
      BUCKET.setRelease(table, index, buffer);
      counts[stripe]++;
      isFull = counts[stripe] > table.length / STRIPES / 2;
    } finally {
      locks[stripe].unlock();
    }
    if (isFull) {
      grow();
    }
    return true;
  }

  /** Removes this very buffer; false: it was not in there. */
  boolean remove(Buffer buffer) {
    return exchange(buffer, null);
  }

  /** Puts a buffer in the place of another of its identity; false: that one was not in there. */
  boolean replace(Buffer old, Buffer successor) {
    return exchange(old, successor);
  }

  private boolean exchange(Buffer old, @Nullable Buffer successor) {
    int hash = old.key().hashCode();
    int stripe = hash & (STRIPES - 1);
    locks[stripe].lock();
    try {
      @Nullable Buffer[] table = buckets;
      int index = hash & (table.length - 1);
      Buffer before = null;
      Buffer buffer = (Buffer) BUCKET.get(table, index);
      while (buffer != null && buffer != old) {
        before = buffer;
        buffer = buffer.nextInTable;
      }
      if (buffer == null) {
        return false;
      }
      Buffer next = old.nextInTable;
      if (successor != null) {
        successor.nextInTable = next;
        next = successor;
      } else {
        counts[stripe]--;
      }
      if (before == null) {
        BUCKET.setRelease(table, index, next);
      } else {
        before.nextInTable = next;
      }
      return true;
    } finally {
      locks[stripe].unlock();
    }
  }

  /** Calls for each buffer that is in there all the time; under no lock. */
  void forEach(Consumer<Buffer> action) {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      List<Buffer> found = new ArrayList<>();
      locks[stripe].lock();
      try {
        @Nullable Buffer[] table = buckets;
        for (int index = stripe; index < table.length; index += STRIPES) {
          Buffer buffer = (Buffer) BUCKET.get(table, index);
          for (; buffer != null; buffer = buffer.nextInTable) {
            found.add(buffer);
          }
        }
      } finally {
        locks[stripe].unlock();
      }
      found.forEach(action);
    }
  }

  private @Nullable Buffer find(int hash, long objectId, long blockId) {
    @Nullable Buffer[] table = buckets;
    Buffer buffer = (Buffer) BUCKET.getAcquire(table, hash & (table.length - 1));
    while (buffer != null && !buffer.key().is(objectId, blockId)) {
      buffer = buffer.nextInTable;
    }
    return buffer;
  }

  private void grow() {
    for (ReentrantLock lock : locks) {
      lock.lock();
    }
    try {
      @Nullable Buffer[] old = buckets;
      int total = 0;
      for (int count : counts) {
        total += count;
      }
      // Else another thread has grown it, or one stripe is much fuller than the others.
      if (total > old.length / 4 && old.length < MAX_BUCKETS) {
        @Nullable Buffer[] grown = new Buffer[old.length * 2];
        for (int index = 0; index < old.length; index++) {
          split((Buffer) BUCKET.get(old, index), grown, index, old.length);
        }
        buckets = grown;
      }
    } finally {
      for (ReentrantLock lock : locks) {
        lock.unlock();
      }
    }
  }

  /** Distributes a chain over two buckets, in its order. */
  private static void split(
      @Nullable Buffer first, @Nullable Buffer[] grown, int index, int oldLength) {
    Buffer low = null;
    Buffer high = null;
    for (Buffer buffer = first; buffer != null; buffer = buffer.nextInTable) {
      boolean isHigh = (buffer.key().hashCode() & oldLength) != 0;
      Buffer last = isHigh ? high : low;
      if (last == null) {
        BUCKET.set(grown, isHigh ? index + oldLength : index, buffer);
      } else if (last.nextInTable != buffer) {
        last.nextInTable = buffer;
      }
      if (isHigh) {
        high = buffer;
      } else {
        low = buffer;
      }
    }
    if (low != null) {
      low.nextInTable = null;
    }
    if (high != null) {
      high.nextInTable = null;
    }
  }
}
