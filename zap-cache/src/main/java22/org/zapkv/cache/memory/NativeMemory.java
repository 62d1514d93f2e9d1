// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Access to native memory through {@code java.lang.foreign}: what JDK 22 and later take from the
 * multi-release jar instead of the class of this name that needs {@code sun.misc.Unsafe}. Its
 * methods, and what they promise, are those of the other one, where they are documented.
 *
 * <p>Here an address is checked: one that is in no memory, or in memory that was given back, is an
 * unchecked exception and never a fault.
 */
public final class NativeMemory {
  /*
   * Implementation notes
   *
   * A segment that covers all addresses needs a restricted method, and the JVM prints a warning for
   * its first use. So an address is not the system's, but a number of this class:
   *
   *   bits 63..40   39 ..... 24   23 ......... 0
   *        0        place in SEGMENTS   offset in the segment
   *
   * A slab is at most 16 MiB, so 65,536 places are 1 TiB for the process; place 0 is never used, and
   * 0 thus no address. Segments are aligned to 64 KiB, so what is aligned here is so for the system.
   *
   * The table is of fixed length and static final, so that the compiler knows where it is and how
   * long. It is read without ordering: who has an address got it through something that orders, as
   * the bytes behind it; who reads what he does not own any more finds a segment, an older one, or
   * none. Each segment has a shared arena of its own: closing it gives the memory back at once, and
   * makes a late access an exception.
   *
   * What an access costs: the table's entry, and in the segment its length, its scope and its start,
   * 1 to 3 ns against 0.4 of Unsafe (NativeMemoryBenchmark). A segment that is a constant of its own
   * would cost as little as Unsafe; it would have to be as large as the largest budget, and the JDK
   * writes zeros into the whole of it when it is made.
   */
  private static final int OFFSET_BITS = 24;
  private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
  private static final int MAX_SEGMENTS = 1 << 16;
  private static final int ALIGNMENT_BYTES = 1 << 16;
  private static final int PAGE_BYTES = 4096;

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle ATOMIC_LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** Written under LOCK. */
  private static final MemorySegment[] SEGMENTS = new MemorySegment[MAX_SEGMENTS];

  private static final ReentrantLock LOCK = new ReentrantLock();

  /** Which places are taken. Guarded by LOCK. */
  private static final BitSet TAKEN = new BitSet();

  /** To close the segments with. Guarded by LOCK. */
  private static final Arena[] ARENAS = new Arena[MAX_SEGMENTS];

  static {
    TAKEN.set(0);
  }

  private NativeMemory() {}

  public static byte getByte(long address) {
    return segment(address).get(BYTE, address & OFFSET_MASK);
  }

  public static int getUnsignedByte(long address) {
    return getByte(address) & 0xFF;
  }

  public static short getShort(long address) {
    return segment(address).get(SHORT, address & OFFSET_MASK);
  }

  public static int getUnsignedShort(long address) {
    return getShort(address) & 0xFFFF;
  }

  public static int getInt(long address) {
    return segment(address).get(INT, address & OFFSET_MASK);
  }

  public static long getUnsignedInt(long address) {
    return getInt(address) & 0xFFFF_FFFFL;
  }

  public static long getLong(long address) {
    return segment(address).get(LONG, address & OFFSET_MASK);
  }

  public static void putByte(long address, int value) {
    segment(address).set(BYTE, address & OFFSET_MASK, (byte) value);
  }

  public static void putShort(long address, int value) {
    segment(address).set(SHORT, address & OFFSET_MASK, (short) value);
  }

  public static void putInt(long address, int value) {
    segment(address).set(INT, address & OFFSET_MASK, value);
  }

  public static void putLong(long address, long value) {
    segment(address).set(LONG, address & OFFSET_MASK, value);
  }

  public static void addLong(long address, long delta) {
    long ignored = (long) ATOMIC_LONG.getAndAdd(segment(address), address & OFFSET_MASK, delta);
  }

  public static long getLongVolatile(long address) {
    return (long) ATOMIC_LONG.getVolatile(segment(address), address & OFFSET_MASK);
  }

  public static void copy(long sourceAddress, long destinationAddress, long lengthBytes) {
    if (lengthBytes > 0) {
      MemorySegment.copy(
          segment(sourceAddress),
          sourceAddress & OFFSET_MASK,
          segment(destinationAddress),
          destinationAddress & OFFSET_MASK,
          lengthBytes);
    }
  }

  public static void copyToArray(long address, byte[] destination, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (length > 0) {
      MemorySegment.copy(
          segment(address), BYTE, address & OFFSET_MASK, destination, offset, length);
    }
  }

  public static void copyFromArray(byte[] source, int offset, long address, int length) {
    Objects.checkFromIndexSize(offset, length, source.length);
    if (length > 0) {
      MemorySegment.copy(source, offset, segment(address), BYTE, address & OFFSET_MASK, length);
    }
  }

  public static void fill(long address, long lengthBytes, byte value) {
    if (lengthBytes > 0) {
      slice(address, lengthBytes).fill(value);
    }
  }

  public static ByteBuffer view(long address, int lengthBytes) {
    if (lengthBytes < 0) {
      throw new IllegalArgumentException("lengthBytes=" + lengthBytes + " is negative");
    }
    return slice(address, lengthBytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  public static int pageBytes() {
    return PAGE_BYTES;
  }

  static int alignmentBytes() {
    return ALIGNMENT_BYTES;
  }

  static long allocate(long sizeBytes) {
    if (sizeBytes > OFFSET_MASK + 1) {
      throw new IllegalArgumentException(
          "sizeBytes=" + sizeBytes + " is above " + (OFFSET_MASK + 1));
    }
    Arena arena = Arena.ofShared();
    try {
      return enter(arena, arena.allocate(sizeBytes, ALIGNMENT_BYTES));
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  static void free(long address, long sizeBytes) {
    int place = (int) (address >>> OFFSET_BITS);
    Arena arena;
    LOCK.lock();
    try {
      arena = Objects.requireNonNull(ARENAS[place], "no memory at this address");
      SEGMENTS[place] = null;
      ARENAS[place] = null;
      TAKEN.clear(place);
    } finally {
      LOCK.unlock();
    }
    arena.close();
  }

  /** Gives a segment its addresses; the first of them. */
  private static long enter(Arena arena, MemorySegment segment) {
    LOCK.lock();
    try {
      int place = TAKEN.nextClearBit(0);
      if (place >= MAX_SEGMENTS) {
        throw new OutOfMemoryError("all " + MAX_SEGMENTS + " places for native memory are taken");
      }
      TAKEN.set(place);
      ARENAS[place] = arena;
      SEGMENTS[place] = segment;
      return (long) place << OFFSET_BITS;
    } finally {
      LOCK.unlock();
    }
  }

  static MemorySegment slice(long address, long lengthBytes) {
    return segment(address).asSlice(address & OFFSET_MASK, lengthBytes);
  }

  private static MemorySegment segment(long address) {
    return SEGMENTS[(int) (address >>> OFFSET_BITS)];
  }
}
