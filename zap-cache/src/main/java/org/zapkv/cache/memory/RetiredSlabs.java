// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Memory of closed allocators that somebody may still be reading without owning it. It stays mapped
 * until that is impossible, and is used again meanwhile. One for the process. Any thread.
 *
 * <p>How much there is: never more than the caches that were read without a hold, were closed, and
 * can still be reached by somebody had mapped together. Caches opened and closed one after the
 * other, none larger than the first, need no more than the first did, whenever the garbage
 * collector runs.
 */
public final class RetiredSlabs {
  /*
   * Implementation notes
   *
   * A slab comes here from an allocator that was read without holds, or that had got it from here.
   * It waits for each such allocator: possibleReaders counts their UnheldReaders that can still be
   * reached. A Cleaner takes one off when one cannot, for all its slabs.
   *
   *   mapped ---> in use <---------+
   *                 |              | taken again, possibleReaders stays
   *                 | closed       |
   *                 +--> retired --+      possibleReaders = 0 and retired: unmapped
   *
   * What the reader of a closed cache sees may thus be another cache's bytes. It finds out as with
   * recycled memory of its own cache: the state of its buffer.
   */
  private static final ReentrantLock LOCK = new ReentrantLock();

  /** By size in bytes; no empty queues. Guarded by LOCK. */
  private static final TreeMap<Long, Deque<MappedSlab>> RETIRED = new TreeMap<>();

  /** Guarded by LOCK. */
  private static long retiredBytes;

  private RetiredSlabs() {}

  /**
   * How much memory of closed caches is mapped and not in use again.
   *
   * @return bytes, in the whole process
   */
  public static long retiredBytes() {
    LOCK.lock();
    try {
      return retiredBytes;
    } finally {
      LOCK.unlock();
    }
  }

  /** The largest retired slab of at most so many bytes, which is the caller's now; or null. */
  static @Nullable MappedSlab take(long maxBytes) {
    LOCK.lock();
    try {
      Map.Entry<Long, Deque<MappedSlab>> entry = RETIRED.floorEntry(maxBytes);
      if (entry == null) {
        return null;
      }
      MappedSlab slab = entry.getValue().getFirst();
      leave(slab);
      return slab;
    } finally {
      LOCK.unlock();
    }
  }

  /** Takes over the slabs of an allocator that has ended; unmaps those that nobody can read. */
  static void giveBack(List<MappedSlab> slabs, UnheldReaders readers) {
    if (slabs.isEmpty()) {
      return;
    }
    boolean mayBeRead = readers.hasBegun();
    List<MappedSlab> unread = new ArrayList<>();
    LOCK.lock();
    try {
      for (MappedSlab slab : slabs) {
        if (mayBeRead) {
          slab.possibleReaders++;
        }
        if (slab.possibleReaders > 0) {
          enter(slab);
        } else {
          unread.add(slab);
        }
      }
    } finally {
      LOCK.unlock();
    }
    unread.forEach(MappedSlab::unmap);
    if (mayBeRead) {
      List<MappedSlab> read = List.copyOf(slabs);
      LazyCleaner.CLEANER.register(readers, () -> readersGone(read));
    }
  }

  private static void readersGone(List<MappedSlab> slabs) {
    List<MappedSlab> unread = new ArrayList<>();
    LOCK.lock();
    try {
      for (MappedSlab slab : slabs) {
        slab.possibleReaders--;
        if (slab.possibleReaders == 0 && slab.isRetired) {
          leave(slab);
          unread.add(slab);
        }
      }
    } finally {
      LOCK.unlock();
    }
    unread.forEach(MappedSlab::unmap);
  }

  private static void enter(MappedSlab slab) {
    slab.isRetired = true;
    RETIRED.computeIfAbsent(slab.bytes, bytes -> new ArrayDeque<>()).addFirst(slab);
    retiredBytes += slab.bytes;
  }

  private static void leave(MappedSlab slab) {
    slab.isRetired = false;
    RETIRED.computeIfPresent(
        slab.bytes,
        (bytes, queue) -> {
          queue.remove(slab);
          return queue.isEmpty() ? null : queue;
        });
    retiredBytes -= slab.bytes;
  }

  /** Its thread exists only in a process that needs it. */
  private static final class LazyCleaner {
    static final Cleaner CLEANER = Cleaner.create();
  }
}
