// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;

/**
 * Hands out blocks of native memory, 512 B to 1 MiB in powers of two, out of a fixed capacity.
 *
 * <p>Memory comes from the system in slabs, the first time it is needed, and stays mapped until the
 * allocator is closed, its last block is returned, and its {@link UnheldReaders} can no longer be
 * reached if they have begun: a reader that comes too late may read recycled bytes, but never
 * faults. Any thread.
 */
public final class BlockAllocator implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A slab is a run of roots of 1 MiB; a root is a binary buddy tree. Of every root, on the heap:
   * one bit per possible block and order that says "free at this order", and one that says "handed
   * out at this order". Together 1 KiB per MiB. A block is free in at most one order, because
   * buddies are joined at once when both are free. The second set makes every wrong free an error:
   * the address, the size and the block's being out must all agree.
   *
   *   order 11  [                1 MiB                ]     bits of one root:
   *   order 10  [     512 KiB     |     512 KiB       ]       order k starts at firstBit(k),
   *     ...                                                   2048 >> k of them
   *   order  0  [512|512|512|...              2048 of them]
   *
   * For every order a bit set of the roots that have a free block of it; the first root is taken,
   * so that low roots stay full and high ones have a chance to become whole again.
   *
   * At the end slabs go to RetiredSlabs, which unmaps them at once unless somebody may be reading
   * them without owning a block. What is retired there is taken before the system is asked.
   *
   * `lock` guards everything but slabs, which is copied on write for owns(). The bytes of a block
   * are filled outside the lock, by whoever is its only owner at that moment.
   */

  /** The smallest block, in bytes. */
  public static final int MIN_BLOCK_BYTES = 512;

  /** The largest block, in bytes. */
  public static final int MAX_BLOCK_BYTES = 1 << 20;

  private static final int MIN_BLOCK_SHIFT = 9;
  private static final int MAX_ORDER = 11;
  private static final int UNITS_PER_ROOT = 1 << MAX_ORDER;
  private static final int MAX_ROOTS_PER_SLAB = 16;

  private final int maxRoots;
  private final int rootsPerSlab;
  private final InitPolicy policy;
  private final UnheldReaders readers;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final List<Root> roots = new ArrayList<>();
  private final BitSet[] rootsWithFree = new BitSet[MAX_ORDER + 1];
  private long usedBytes;
  private boolean closed;
  private boolean systemExhausted;

  /** Sorted by address; written under lock, copied on write; read by owns() without it. */
  private volatile Slab[] slabs = new Slab[0];

  /**
   * An allocator without any memory yet, whose blocks only their owners read.
   *
   * @param capacityBytes how much it may hand out at most; rounded down to a multiple of {@link
   *     #MAX_BLOCK_BYTES}
   * @param policy what is done to blocks when they are handed out and returned
   * @throws IllegalArgumentException if the capacity is negative or above 2^31 blocks of 1 MiB
   */
  public BlockAllocator(long capacityBytes, InitPolicy policy) {
    this(capacityBytes, policy, new UnheldReaders());
  }

  /**
   * An allocator without any memory yet.
   *
   * @param capacityBytes how much it may hand out at most; rounded down to a multiple of {@link
   *     #MAX_BLOCK_BYTES}
   * @param policy what is done to blocks when they are handed out and returned
   * @param readers those who read blocks that they do not own
   * @throws IllegalArgumentException if the capacity is negative or above 2^31 blocks of 1 MiB
   */
  public BlockAllocator(long capacityBytes, InitPolicy policy, UnheldReaders readers) {
    if (capacityBytes < 0 || capacityBytes / MAX_BLOCK_BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("capacityBytes=" + capacityBytes);
    }
    this.maxRoots = (int) (capacityBytes / MAX_BLOCK_BYTES);
    this.rootsPerSlab = Math.max(1, Math.min(MAX_ROOTS_PER_SLAB, maxRoots / MAX_ROOTS_PER_SLAB));
    this.policy = policy;
    this.readers = readers;
    for (int order = 0; order <= MAX_ORDER; order++) {
      rootsWithFree[order] = new BitSet();
    }
  }

  /**
   * The size of the block that a request is given: the next power of two, at least {@link
   * #MIN_BLOCK_BYTES}.
   *
   * @param sizeBytes what is asked for, 1 to {@link #MAX_BLOCK_BYTES}
   * @return what it takes out of the capacity, in bytes
   * @throws IllegalArgumentException if the size is out of range
   */
  public static int blockBytes(int sizeBytes) {
    return MIN_BLOCK_BYTES << orderOf(sizeBytes);
  }

  /**
   * Takes a block.
   *
   * @param sizeBytes how many bytes are needed, 1 to {@link #MAX_BLOCK_BYTES}
   * @return its address, aligned to the smaller of its size and 4096; 0 when no block of this size
   *     is free
   * @throws IllegalArgumentException if the size is out of range
   * @throws ClosedException if the allocator is closed
   * @throws BufferStateException under {@link InitPolicy#POISON}, if the block was written to while
   *     it was free
   */
  public long allocate(int sizeBytes) {
    int order = orderOf(sizeBytes);
    long address;
    lock.lock();
    try {
      if (closed) {
        throw new ClosedException("the memory of this cache is closed");
      }
      address = take(order);
    } finally {
      lock.unlock();
    }
    if (address != 0) {
      try {
        policy.onAlloc(address, MIN_BLOCK_BYTES << order);
      } catch (BufferStateException e) {
        free(address, sizeBytes);
        throw e;
      }
    }
    return address;
  }

  /**
   * Returns a block. The caller must not use its address any more.
   *
   * @param address what {@link #allocate} returned
   * @param sizeBytes the size it was asked for, in bytes
   * @throws IllegalArgumentException if the size is out of range
   * @throws BufferStateException if no block of this size is out at this address: it was returned
   *     before, or never handed out
   */
  public void free(long address, int sizeBytes) {
    int order = orderOf(sizeBytes);
    if (policy.touchesOnFree()) {
      withdraw(address, order);
      policy.onFree(address, MIN_BLOCK_BYTES << order);
      putBack(address, order);
      return;
    }
    lock.lock();
    try {
      withdraw(address, order);
      putBack(address, order);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether an address lies in this allocator's memory. Takes no lock.
   *
   * @param address any number
   * @return true if a slab contains it
   */
  public boolean owns(long address) {
    Slab[] current = slabs;
    int index = indexOf(current, address);
    return index >= 0 && address < current[index].memory.endAddress();
  }

  /**
   * How much is handed out.
   *
   * @return the sum of the blocks that are out, in bytes
   */
  public long usedBytes() {
    lock.lock();
    try {
      return usedBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * How much may be handed out.
   *
   * @return the capacity in bytes
   */
  public long capacityBytes() {
    return (long) maxRoots * MAX_BLOCK_BYTES;
  }

  /**
   * How much is mapped for this allocator.
   *
   * @return the sum of its slabs in bytes, never above the capacity; 0 once it is closed and the
   *     last block is back
   */
  public long mappedBytes() {
    lock.lock();
    try {
      return (long) roots.size() * MAX_BLOCK_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands out nothing any more. The memory is unmapped, or retired if there may be readers without
   * a hold, when the last block is returned, which may be at once. Closing twice does nothing.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      endWhenIdle();
    } finally {
      lock.unlock();
    }
  }

  private static int orderOf(int sizeBytes) {
    if (sizeBytes < 1 || sizeBytes > MAX_BLOCK_BYTES) {
      throw new IllegalArgumentException(
          "sizeBytes=" + sizeBytes + " is not within 1 to " + MAX_BLOCK_BYTES);
    }
    int units = (sizeBytes + MIN_BLOCK_BYTES - 1) >>> MIN_BLOCK_SHIFT;
    return Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
  }

  private static int firstBit(int order) {
    return 2 * UNITS_PER_ROOT - ((2 * UNITS_PER_ROOT) >>> order);
  }

  /** The address of a free block of an order, now taken, or 0. */
  private long take(int order) {
    int found = order;
    int rootIndex = -1;
    while (found <= MAX_ORDER && (rootIndex = rootsWithFree[found].nextSetBit(0)) < 0) {
      found++;
    }
    if (rootIndex < 0) {
      rootIndex = addSlab();
      if (rootIndex < 0) {
        return 0;
      }
      found = MAX_ORDER;
    }
    Root root = roots.get(rootIndex);
    int index = root.free.nextSetBit(firstBit(found)) - firstBit(found);
    removeFree(root, found, index);
    while (found > order) {
      found--;
      index <<= 1;
      addFree(root, found, index + 1);
    }
    root.out.set(firstBit(order) + index);
    usedBytes += MIN_BLOCK_BYTES << order;
    return root.address + ((long) index << (MIN_BLOCK_SHIFT + order));
  }

  /** Takes a block out of those handed out, so that nobody else can return it. */
  private void withdraw(long address, int order) {
    lock.lock();
    try {
      Root root = rootOf(address);
      long offset = root == null ? -1 : address - root.address;
      int blockBytes = MIN_BLOCK_BYTES << order;
      int bit = firstBit(order) + (int) (offset >> (MIN_BLOCK_SHIFT + order));
      if (root == null || offset % blockBytes != 0 || !root.out.get(bit)) {
        throw new BufferStateException(
            "no block of "
                + blockBytes
                + " bytes is out at address 0x"
                + Long.toHexString(address)
                + ": returned twice, or never handed out");
      }
      root.out.clear(bit);
    } finally {
      lock.unlock();
    }
  }

  private void putBack(long address, int order) {
    lock.lock();
    try {
      Root root = rootOf(address);
      int index = (int) ((address - root.address) >> (MIN_BLOCK_SHIFT + order));
      int joined = order;
      while (joined < MAX_ORDER && root.free.get(firstBit(joined) + (index ^ 1))) {
        removeFree(root, joined, index ^ 1);
        index >>= 1;
        joined++;
      }
      addFree(root, joined, index);
      usedBytes -= MIN_BLOCK_BYTES << order;
      endWhenIdle();
    } finally {
      lock.unlock();
    }
  }

  private void addFree(Root root, int order, int index) {
    root.free.set(firstBit(order) + index);
    if (root.freeCount[order]++ == 0) {
      rootsWithFree[order].set(root.index);
    }
  }

  private void removeFree(Root root, int order, int index) {
    root.free.clear(firstBit(order) + index);
    if (--root.freeCount[order] == 0) {
      rootsWithFree[order].clear(root.index);
    }
  }

  /** Gets another slab; the index of its first root, or -1 when the capacity is used up. */
  private int addSlab() {
    int first = roots.size();
    int left = maxRoots - first;
    if (left == 0) {
      return -1;
    }
    MappedSlab memory = RetiredSlabs.take((long) left * MAX_BLOCK_BYTES);
    if (memory == null) {
      memory = mapSlab(Math.min(rootsPerSlab, left));
    }
    if (memory == null) {
      return -1;
    }
    policy.onMap(memory.address, memory.bytes);
    int count = (int) (memory.bytes / MAX_BLOCK_BYTES);
    for (int i = 0; i < count; i++) {
      Root root = new Root(memory.address + (long) i * MAX_BLOCK_BYTES, first + i);
      roots.add(root);
      addFree(root, MAX_ORDER, 0);
    }
    Slab[] grown = Arrays.copyOf(slabs, slabs.length + 1);
    grown[slabs.length] = new Slab(memory, first);
    Arrays.sort(grown, (a, b) -> Long.compare(a.address(), b.address()));
    slabs = grown;
    return first;
  }

  private @Nullable MappedSlab mapSlab(int count) {
    if (systemExhausted) {
      return null;
    }
    try {
      return MappedSlab.map((long) count * MAX_BLOCK_BYTES);
    } catch (OutOfMemoryError e) {
      // The cache goes on with what it has; its user is throttled, as with a smaller budget.
      systemExhausted = true;
      System.getLogger(BlockAllocator.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the system has no more native memory: the cache stays at {0} of {1} bytes",
              (long) roots.size() * MAX_BLOCK_BYTES,
              capacityBytes());
      return null;
    }
  }

  private void endWhenIdle() {
    if (!closed || usedBytes != 0) {
      return;
    }
    List<MappedSlab> ended = Arrays.stream(slabs).map(Slab::memory).toList();
    slabs = new Slab[0];
    roots.clear();
    for (BitSet withFree : rootsWithFree) {
      withFree.clear();
    }
    RetiredSlabs.giveBack(ended, readers);
  }

  private @Nullable Root rootOf(long address) {
    Slab[] current = slabs;
    int index = indexOf(current, address);
    if (index < 0 || address >= current[index].memory.endAddress()) {
      return null;
    }
    Slab slab = current[index];
    return roots.get(slab.firstRoot + (int) ((address - slab.address()) / MAX_BLOCK_BYTES));
  }

  /** The last slab that starts at or below an address, or -1. */
  private static int indexOf(Slab[] sorted, long address) {
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle].address() <= address) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private record Slab(MappedSlab memory, int firstRoot) {
    long address() {
      return memory.address;
    }
  }

  /** The buddy tree of 1 MiB. Guarded by lock. */
  private static final class Root {
    final long address;
    final int index;
    final BitSet free = new BitSet(2 * UNITS_PER_ROOT);
    final BitSet out = new BitSet(2 * UNITS_PER_ROOT);
    final int[] freeCount = new int[MAX_ORDER + 1];

    Root(long address, int index) {
      this.address = address;
      this.index = index;
    }
  }
}
