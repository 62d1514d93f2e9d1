// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import net.openhft.chronicle.core.UnsafeMemory;

/**
 * Access to native memory by address. Multi-byte values are little-endian on every machine.
 *
 * <p>Nothing here checks an address: it must lie in a block that the caller has allocated or holds.
 * An address needs no alignment. Plain access, no memory ordering: publish through something that
 * orders (a lock, a volatile field). Any thread.
 */
public final class NativeMemory {
  /*
   * Implementation notes
   *
   * The only class that touches chronicle. Measured on JDK 17 and 25 (class-load log, stdout and
   * stderr of a bare JVM): UnsafeMemory with the methods used here loads six classes of
   * chronicle-core and prints nothing, reads no file and sets no property. A NativeBytesStore, of
   * chronicle-bytes itself, initialises chronicle's Jvm class: that reads a file system.properties
   * into the system properties, logs through SLF4J, and has java.util.logging print a warning.
   * So no BytesStore is used; QuietStartTest keeps it that way.
   *
   * UnsafeMemory stands on sun.misc.Unsafe, of which JDK 24 and later warn, and which later ones
   * deny. JDK 22 and later take another class of this name from the jar, on java.lang.foreign: it is
   * in src/main/java22, and a new method here is one there (ForeignMemoryTest).
   *
   * UnsafeMemory.INSTANCE is static final, so its calls compile to single loads and stores (0.35 ns
   * measured). byte[] to native goes through writeBytes/readBytes: they are the intrinsic copy;
   * copyMemory(byte[], ...) is a loop in Java and up to 6 times slower.
   */
  private static final UnsafeMemory MEMORY = UnsafeMemory.INSTANCE;

  private static final boolean LITTLE_ENDIAN =
      ByteOrder.nativeOrder().equals(ByteOrder.LITTLE_ENDIAN);

  private NativeMemory() {}

  /**
   * The byte at an address.
   *
   * @param address where it is
   * @return the byte, signed
   */
  public static byte getByte(long address) {
    return MEMORY.readByte(address);
  }

  /**
   * The byte at an address as an unsigned number.
   *
   * @param address where it is
   * @return 0 to 255
   */
  public static int getUnsignedByte(long address) {
    return MEMORY.readByte(address) & 0xFF;
  }

  /**
   * The two bytes at an address.
   *
   * @param address where the first one is
   * @return the number, signed
   */
  public static short getShort(long address) {
    short value = MEMORY.readShort(address);
    return LITTLE_ENDIAN ? value : Short.reverseBytes(value);
  }

  /**
   * The two bytes at an address as an unsigned number.
   *
   * @param address where the first one is
   * @return 0 to 65535
   */
  public static int getUnsignedShort(long address) {
    return getShort(address) & 0xFFFF;
  }

  /**
   * The four bytes at an address.
   *
   * @param address where the first one is
   * @return the number
   */
  public static int getInt(long address) {
    int value = MEMORY.readInt(address);
    return LITTLE_ENDIAN ? value : Integer.reverseBytes(value);
  }

  /**
   * The four bytes at an address as an unsigned number.
   *
   * @param address where the first one is
   * @return 0 to 2^32 - 1
   */
  public static long getUnsignedInt(long address) {
    return getInt(address) & 0xFFFF_FFFFL;
  }

  /**
   * The eight bytes at an address.
   *
   * @param address where the first one is
   * @return the number
   */
  public static long getLong(long address) {
    long value = MEMORY.readLong(address);
    return LITTLE_ENDIAN ? value : Long.reverseBytes(value);
  }

  /**
   * Writes a byte.
   *
   * @param address where to
   * @param value its low eight bits
   */
  public static void putByte(long address, int value) {
    MEMORY.writeByte(address, (byte) value);
  }

  /**
   * Writes two bytes.
   *
   * @param address where the first one goes
   * @param value its low sixteen bits
   */
  public static void putShort(long address, int value) {
    short narrow = (short) value;
    MEMORY.writeShort(address, LITTLE_ENDIAN ? narrow : Short.reverseBytes(narrow));
  }

  /**
   * Writes four bytes.
   *
   * @param address where the first one goes
   * @param value the number
   */
  public static void putInt(long address, int value) {
    MEMORY.writeInt(address, LITTLE_ENDIAN ? value : Integer.reverseBytes(value));
  }

  /**
   * Writes eight bytes.
   *
   * @param address where the first one goes
   * @param value the number
   */
  public static void putLong(long address, long value) {
    MEMORY.writeLong(address, LITTLE_ENDIAN ? value : Long.reverseBytes(value));
  }

  /**
   * Adds to eight bytes at once, whoever else does so at the same time. They are read by {@link
   * #getLongVolatile} then.
   *
   * @param address where the first byte is, a multiple of 8
   * @param delta what is added
   */
  public static void addLong(long address, long delta) {
    if (LITTLE_ENDIAN) {
      MEMORY.addLong(address, delta);
      return;
    }
    long before;
    long after;
    do {
      before = MEMORY.readVolatileLong(address);
      after = Long.reverseBytes(Long.reverseBytes(before) + delta);
    } while (!MEMORY.compareAndSwapLong(address, before, after));
  }

  /**
   * Reads eight bytes at once, as of now.
   *
   * @param address where the first byte is, a multiple of 8
   * @return the value
   */
  public static long getLongVolatile(long address) {
    long value = MEMORY.readVolatileLong(address);
    return LITTLE_ENDIAN ? value : Long.reverseBytes(value);
  }

  /**
   * Copies bytes within native memory. The ranges may overlap.
   *
   * @param sourceAddress the first byte to read
   * @param destinationAddress where it goes
   * @param lengthBytes how many, 0 or above
   */
  public static void copy(long sourceAddress, long destinationAddress, long lengthBytes) {
    if (lengthBytes > 0) {
      MEMORY.copyMemory(sourceAddress, destinationAddress, lengthBytes);
    }
  }

  /**
   * Copies native memory into an array.
   *
   * @param address the first byte to read
   * @param destination the array
   * @param offset the first index to write
   * @param length how many bytes, 0 or above
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  public static void copyToArray(long address, byte[] destination, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (length > 0) {
      MEMORY.readBytes(address, destination, offset, length);
    }
  }

  /**
   * Copies an array into native memory.
   *
   * @param source the array
   * @param offset the first index to read
   * @param address where its byte goes
   * @param length how many bytes, 0 or above
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  public static void copyFromArray(byte[] source, int offset, long address, int length) {
    Objects.checkFromIndexSize(offset, length, source.length);
    if (length > 0) {
      MEMORY.writeBytes(address, source, offset, length);
    }
  }

  /**
   * Sets every byte of a range.
   *
   * @param address the first byte
   * @param lengthBytes how many, 0 or above
   * @param value what each becomes
   */
  public static void fill(long address, long lengthBytes, byte value) {
    if (lengthBytes > 0) {
      MEMORY.setMemory(address, lengthBytes, value);
    }
  }

  /**
   * A direct buffer over native memory, for the channels of the JDK. It owns nothing: the memory
   * must stay allocated for as long as anybody uses the view.
   *
   * @param address the first byte
   * @param lengthBytes its capacity, 0 or above
   * @return a new buffer, position 0, limit and capacity {@code lengthBytes}, little-endian
   * @throws IllegalArgumentException if the length is negative
   */
  public static ByteBuffer view(long address, int lengthBytes) {
    if (lengthBytes < 0) {
      throw new IllegalArgumentException("lengthBytes=" + lengthBytes + " is negative");
    }
    ByteBuffer view = ByteBuffer.allocateDirect(0).duplicate();
    MEMORY.writeLong(view, ViewFields.ADDRESS, address);
    MEMORY.writeInt(view, ViewFields.CAPACITY, lengthBytes);
    view.clear();
    return view.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * How large a page of the system's memory is.
   *
   * @return a power of two of bytes
   */
  public static int pageBytes() {
    return MEMORY.pageSize();
  }

  /** What the address of allocated memory is a multiple of: so much malloc promises. */
  static int alignmentBytes() {
    return 2 * Long.BYTES;
  }

  static long allocate(long sizeBytes) {
    return MEMORY.allocate(sizeBytes);
  }

  static void free(long address, long sizeBytes) {
    MEMORY.freeMemory(address, sizeBytes);
  }

  /** Where a direct buffer keeps its address and capacity; looked up at the first view only. */
  private static final class ViewFields {
    static final long ADDRESS = offsetOf("address");
    static final long CAPACITY = offsetOf("capacity");

    private static long offsetOf(String field) {
      try {
        return MEMORY.objectFieldOffset(Buffer.class.getDeclaredField(field));
      } catch (NoSuchFieldException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }
}
