// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.BufferState;
import org.zapkv.cache.BufferUser;
import org.zapkv.cache.CacheAccess;
import org.zapkv.cache.memory.NativeMemory;

/**
 * A cache, one block of it that two actors meet at, what actors do, and how it must end. What an
 * actor saw and the end are texts; an end that breaks a promise begins with {@code BROKEN}, which
 * is an outcome that no test lists.
 */
abstract class BlockState {
  private static final int SIZE_BYTES = 512;
  private static final byte OLD = 0x11;
  private static final byte NEW = 0x22;
  private static final byte OTHER = 0x33;
  private static final long EACH_BYTE = 0x0101_0101_0101_0101L;

  /** Caches with nothing in them; a new one for each state would take most of the time. */
  private static final Queue<BufferCache> EMPTY = new ConcurrentLinkedQueue<>();

  private final BufferCache cache;
  private final CountingUser first = new CountingUser();
  private final CountingUser second = new CountingUser();
  private final AtomicInteger reads = new AtomicInteger();

  /** The first buffer of the block; null if the block was not cached at the beginning. */
  private final @Nullable Buffer original;

  /** Whether the source has a hole there. */
  private volatile boolean freed;

  /** What the source has there else. */
  private volatile byte onDevice = OLD;

  /** How a test begins. */
  enum Start {
    /** The block is not cached. */
    UNCACHED,
    /** It is. */
    CACHED,
    /** It is, and has a user. */
    WITH_USER,
    /** It is, and has a user that goes with the last release. */
    WITH_EARLY_USER,
    /** It is, has a user, and is held as the policy wants it out. */
    REFUSED
  }

  /**
   * A state to begin with.
   *
   * @param holds how many the buffer has, which actors release
   */
  BlockState(Start start, int holds) {
    BufferCache empty = EMPTY.poll();
    cache =
        empty != null
            ? empty
            : BufferCache.builder().budgetBytes(BufferCache.Builder.MIN_BUDGET_BYTES).build();
    original = start == Start.UNCACHED ? null : hold();
    if (original != null) {
      begin(original, start, holds);
    }
  }

  /** Ends with as many holds as wanted, of which there is one at first. */
  private void begin(Buffer buffer, Start start, int holds) {
    if (start != Start.CACHED) {
      attach(buffer, first, start == Start.WITH_EARLY_USER);
    }
    if (start == Start.REFUSED && CacheAccess.evict(cache, buffer)) {
      throw new AssertionError("evicted though it is held");
    }
    for (int i = 1; i < holds; i++) {
      hold();
    }
    if (holds == 0) {
      buffer.release(this);
    }
  }

  /** Counts its callbacks. */
  static final class CountingUser implements BufferUser {
    final AtomicInteger evictions = new AtomicInteger();
    volatile boolean attached;
    volatile @Nullable Buffer attachedTo;

    @Override
    public void evictSync() {
      evictions.incrementAndGet();
    }
  }

  private Buffer original() {
    if (original == null) {
      throw new AssertionError("the block was not cached");
    }
    return original;
  }

  private Buffer hold() {
    return cache.hold(this::read, 1, 1, SIZE_BYTES, this);
  }

  private void read(long objectId, long blockId, long address, int sizeBytes) {
    reads.incrementAndGet();
    byte content = freed ? 0 : onDevice;
    // A device takes its time, in which the block may be freed.
    for (int i = 0; i < 60; i++) {
      Thread.onSpinWait();
    }
    NativeMemory.fill(address, sizeBytes, content);
  }

  // What actors do.

  /** Holds the block, reads it, and lets it go. */
  final String holdAndRelease() {
    Buffer buffer = hold();
    String seen = contentOf(buffer);
    buffer.release(this);
    return seen;
  }

  /** Lets one of the holds go that were taken at the beginning. */
  final String release() {
    original().release(this);
    return "released";
  }

  /** Evicts the block's buffer, and gives the memory to another block at once. */
  final String evict() {
    Buffer buffer = cache.find(1, 1);
    // One without memory is never known to the policy.
    if (buffer == null || buffer.state() == BufferState.NOFILL) {
      return "absent";
    }
    boolean evicted = CacheAccess.evict(cache, buffer);
    cache
        .hold(
            (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, OTHER),
            1,
            2,
            SIZE_BYTES,
            this)
        .release(this);
    return evicted ? "evicted" : "refused";
  }

  /** Frees the block, as a layer above does it: its source gives zeros first. */
  final String free() {
    freed = true;
    cache.freeRange(1, 1, 1, 1);
    return "freed";
  }

  final String setFirstUser() {
    return setUser(first);
  }

  final String setSecondUser() {
    return setUser(second);
  }

  private String setUser(CountingUser user) {
    Buffer buffer = hold();
    boolean attached = attach(buffer, user, false);
    buffer.release(this);
    return attached ? "attached" : "taken";
  }

  private static boolean attach(Buffer buffer, CountingUser user, boolean early) {
    BufferUser present = early ? buffer.setUserImmediateEvict(user) : buffer.setUser(user);
    if (present == null) {
      user.attachedTo = buffer;
      user.attached = true;
    } else if (present == user || present != buffer.user()) {
      throw new AssertionError("the winner is not the one that is attached");
    }
    return present == null;
  }

  /** Reads the block without holding it. */
  final String readUnheld() {
    Buffer buffer = cache.find(1, 1);
    if (buffer == null) {
      return "none";
    }
    long stamp = buffer.readStamp();
    if (stamp == 0) {
      return "none";
    }
    String seen = textOf(buffer.unheldAddress());
    return buffer.isValid(stamp) ? seen : "none";
  }

  /** Reads the block without the help of a hold from the beginning, and lets that go. */
  final String readUnheldAndRelease() {
    String seen = readUnheld();
    original().release(this);
    return seen;
  }

  /** Holds the block and changes all its bytes. */
  final String change() {
    Buffer buffer = hold();
    buffer.beginChange();
    NativeMemory.fill(buffer.address(), SIZE_BYTES, NEW);
    buffer.endChange();
    buffer.release(this);
    return "changed";
  }

  /** Makes the block anew if it is not cached. */
  final String fill() {
    Buffer buffer = cache.holdForFill(1, 1, SIZE_BYTES, this);
    boolean filling = buffer.state() == BufferState.FILL;
    if (filling) {
      NativeMemory.fill(buffer.address(), SIZE_BYTES, NEW);
      buffer.fillDone();
    }
    buffer.release(this);
    return filling ? "filled" : "cached";
  }

  /** Writes the block straight to its source, unless it is cached and held. */
  final String writePast() {
    Buffer buffer = cache.holdNoFill(1, 1, SIZE_BYTES, this);
    boolean writing = buffer.state() == BufferState.NOFILL;
    if (writing) {
      onDevice = NEW;
    }
    buffer.release(this);
    return writing ? "written" : "cached";
  }

  /** Under a hold; bytes that somebody changes meanwhile are read again. */
  private static String contentOf(Buffer buffer) {
    while (true) {
      long stamp = buffer.readStamp();
      String seen = textOf(buffer.address());
      if (stamp != 0 && buffer.isValid(stamp)) {
        return seen;
      }
    }
  }

  private static String textOf(long address) {
    long content = NativeMemory.getLong(address);
    for (int i = Long.BYTES; i < SIZE_BYTES; i += Long.BYTES) {
      if (NativeMemory.getLong(address + i) != content) {
        return "torn";
      }
    }
    if (content == 0) {
      return "zeros";
    } else if (content == OLD * EACH_BYTE) {
      return "old";
    } else if (content == NEW * EACH_BYTE) {
      return "new";
    }
    return content == OTHER * EACH_BYTE ? "of another block" : Long.toHexString(content);
  }

  // How a test ends.

  /**
   * What has become of the block, when nothing goes on any more and all that was chosen and is not
   * held is evicted: {@code gone}, or the buffer from the beginning is {@code kept} or there is a
   * {@code later} one, and the bytes.
   */
  final String end() {
    List<String> broken = new ArrayList<>();
    CacheAccess.evictChosen(cache);
    String end = "gone";
    Buffer present = cache.find(1, 1);
    expect(broken, "holds", 0, cache.stats().outstandingHolds());
    if (present != null) {
      end = present == original ? "kept " : "later ";
      Buffer held = hold();
      end += contentOf(held);
      held.release(this);
      expect(broken, "other buffer of the block", 0, held == present ? 0 : 1);
    }
    // Of two that miss it at once one reads it.
    boolean readTwice = original == null && !freed && present != null && reads.get() > 1;
    expect(broken, "read twice", 0, readTwice ? 1 : 0);
    checkUser(broken, "first", first, present);
    checkUser(broken, "second", second, present);
    cache.dropObject(1);
    cache.awaitUserEvictions();
    expect(broken, "first at the end", first.attached ? 1 : 0, first.evictions.get());
    expect(broken, "second at the end", second.attached ? 1 : 0, second.evictions.get());
    expect(broken, "failed users", 0, cache.stats().userFailures());
    expect(broken, "used bytes", 0, cache.stats().usedBytes());
    if (!broken.isEmpty()) {
      return "BROKEN " + broken;
    }
    EMPTY.add(cache);
    return end;
  }

  private static void checkUser(
      List<String> broken, String name, CountingUser user, @Nullable Buffer present) {
    boolean attachedNow = present != null && present.user() == user;
    expect(broken, name + " user", user.attached && !attachedNow ? 1 : 0, user.evictions.get());
    if (attachedNow) {
      expect(broken, name + " user moved", 0, user.attachedTo == present ? 0 : 1);
    }
  }

  private static void expect(List<String> broken, String what, long expected, long actual) {
    if (actual != expected) {
      broken.add(what + "=" + actual + " instead of " + expected);
    }
  }
}
