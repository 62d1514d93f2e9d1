// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;

/**
 * What a device holds, on the heap; a copy costs next to nothing, since pages are shared until they
 * are changed. Used by one thread at a time.
 */
public final class DeviceImage {
  private static final int PAGE_BYTES = 4096;
  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  private byte[][] pages;

  /** Whether a page is of this image alone and may be changed. */
  private boolean[] own;

  private long sizeBytes;

  /** An empty one. */
  public DeviceImage() {
    this(new byte[0][], 0);
  }

  private DeviceImage(byte[][] pages, long sizeBytes) {
    this.pages = pages;
    this.own = new boolean[pages.length];
    this.sizeBytes = sizeBytes;
  }

  /**
   * What a device holds now.
   *
   * @param device the device, up to 1 GiB large
   * @return its image
   */
  public static DeviceImage of(BlockDevice device) {
    DeviceImage image = new DeviceImage();
    byte[] bytes = Scratch.read(device, 0, Math.toIntExact(device.sizeBytes()));
    image.write(0, bytes, 0, bytes.length);
    return image;
  }

  /**
   * The same content, to be changed independently.
   *
   * @return the copy
   */
  public DeviceImage copy() {
    Arrays.fill(own, false);
    return new DeviceImage(pages.clone(), sizeBytes);
  }

  /**
   * How long the device is.
   *
   * @return bytes
   */
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * A device that holds this content at first; changes of it do not reach this image.
   *
   * @param name its name
   * @return the device
   */
  public ImageDevice toDevice(String name) {
    return new ImageDevice(name, copy());
  }

  /**
   * Writes the content to a stream.
   *
   * @param out where to; left open
   * @throws IOException if that fails
   */
  public void copyTo(OutputStream out) throws IOException {
    for (long at = 0; at < sizeBytes; at += PAGE_BYTES) {
      out.write(pages[(int) (at / PAGE_BYTES)], 0, (int) Math.min(PAGE_BYTES, sizeBytes - at));
    }
  }

  /**
   * Turns one bit over.
   *
   * @param offsetBytes the byte, below the size
   * @param bit which of its bits, 0 to 7
   */
  public void flip(long offsetBytes, int bit) {
    byte[] page = ownPage(Math.toIntExact(offsetBytes / PAGE_BYTES));
    page[(int) (offsetBytes % PAGE_BYTES)] ^= (byte) (1 << bit);
  }

  void write(long offsetBytes, byte[] source, int from, int lengthBytes) {
    if (lengthBytes == 0) {
      return;
    }
    makePages(offsetBytes + lengthBytes);
    for (int done = 0; done < lengthBytes; ) {
      long at = offsetBytes + done;
      int inPage = (int) (at % PAGE_BYTES);
      int length = Math.min(PAGE_BYTES - inPage, lengthBytes - done);
      byte[] page = ownPage((int) (at / PAGE_BYTES));
      System.arraycopy(source, from + done, page, inPage, length);
      done += length;
    }
    sizeBytes = Math.max(sizeBytes, offsetBytes + lengthBytes);
  }

  private void makePages(long endBytes) {
    int count = Math.toIntExact((endBytes + PAGE_BYTES - 1) / PAGE_BYTES);
    if (count > pages.length) {
      int before = pages.length;
      int after = Math.max(count, before + before / 2);
      pages = Arrays.copyOf(pages, after);
      Arrays.fill(pages, before, after, ZEROS);
      own = Arrays.copyOf(own, after);
    }
  }

  private byte[] ownPage(int index) {
    if (!own[index]) {
      pages[index] = pages[index].clone();
      own[index] = true;
    }
    return pages[index];
  }

  void truncate(long newSizeBytes) {
    if (newSizeBytes >= sizeBytes) {
      return;
    }
    int inPage = (int) (newSizeBytes % PAGE_BYTES);
    int first = (int) (newSizeBytes / PAGE_BYTES);
    if (inPage > 0) {
      Arrays.fill(ownPage(first++), inPage, PAGE_BYTES, (byte) 0);
    }
    for (int i = first; i < pages.length; i++) {
      pages[i] = ZEROS;
      own[i] = false;
    }
    sizeBytes = newSizeBytes;
  }

  /** The caller has seen to it that there are so many bytes. */
  void read(long offsetBytes, long address, int lengthBytes) {
    for (int done = 0; done < lengthBytes; ) {
      long at = offsetBytes + done;
      int inPage = (int) (at % PAGE_BYTES);
      int length = Math.min(PAGE_BYTES - inPage, lengthBytes - done);
      NativeMemory.copyFromArray(pages[(int) (at / PAGE_BYTES)], inPage, address + done, length);
      done += length;
    }
  }
}
