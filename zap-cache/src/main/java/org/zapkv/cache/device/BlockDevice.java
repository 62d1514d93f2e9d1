// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

/**
 * A growable array of bytes that outlives the process, or behaves as if it did.
 *
 * <p>Any thread; transfers that overlap are not ordered. A transfer is whole or an exception, and
 * the memory given to it must stay allocated until it returns. Interrupting a thread in here does
 * no harm: the call goes on, and the thread's interrupt flag is set when it returns.
 */
public interface BlockDevice extends AutoCloseable {
  /**
   * The device's name, for messages.
   *
   * @return the path, for a file
   */
  String name();

  /**
   * What offsets, lengths and addresses are best a multiple of. Others are as good, only slower.
   *
   * @return a power of two of bytes; 1 if the device does not care
   */
  default int alignmentBytes() {
    return 1;
  }

  /**
   * How long the device is now.
   *
   * @return bytes
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if the system fails
   */
  long sizeBytes();

  /**
   * Reads bytes into native memory. What was never written below the end reads as zeros.
   *
   * @param offsetBytes the first byte of the device
   * @param address where it goes
   * @param lengthBytes how many, 0 or above
   * @throws org.zapkv.error.EndOfDeviceException if the device is shorter than that; some of the
   *     memory may have been written
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if the system fails
   * @throws IllegalArgumentException if the offset or length is negative
   */
  void read(long offsetBytes, long address, int lengthBytes);

  /**
   * Writes bytes from native memory, which must not change meanwhile. Grows the device; a gap that
   * this leaves reads as zeros. Durable only after {@link #flush}.
   *
   * @param offsetBytes the first byte of the device
   * @param address where its new value is
   * @param lengthBytes how many, 0 or above
   * @throws org.zapkv.error.StoreFullException if there is no room; some bytes may have been
   *     written
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if it is read-only, or the system fails
   * @throws IllegalArgumentException if the offset or length is negative
   */
  void write(long offsetBytes, long address, int lengthBytes);

  /**
   * Makes durable what was written before this call began, and the device's length.
   *
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if the system fails: what was written since the last
   *     flush may or may not be there, now or later, and so every later flush fails too
   */
  void flush();

  /**
   * Cuts the device's end. Does nothing if the device is not longer than that.
   *
   * @param sizeBytes the new size in bytes
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if it is read-only, or the system fails
   * @throws IllegalArgumentException if the size is negative
   */
  void truncate(long sizeBytes);

  /**
   * How much the device may still grow by: a hint, as others may use the same space.
   *
   * @return bytes, 0 or above
   * @throws org.zapkv.error.ClosedException if it is closed
   * @throws org.zapkv.error.DeviceException if the system fails
   */
  long growableBytes();

  /** Closes the device without flushing it. Closing twice does nothing. */
  @Override
  void close();
}
