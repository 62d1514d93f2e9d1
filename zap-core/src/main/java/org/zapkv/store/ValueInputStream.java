// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.object.DataObject;
import org.zapkv.zap.ZapValue;

/**
 * The bytes of a value, of any length, from {@link ZapMap#openValue}. What it gives are those of
 * the value that the key had when it was opened; if that is replaced or removed before all of it
 * was read, the next read of more than what is in memory throws {@link
 * org.zapkv.error.ValueChangedException}.
 *
 * <p>Holds a block of the value, up to 128 KiB, on the heap; one that is not closed keeps that, and
 * the number of the value's object from being used again, and nothing else. Any thread, one at a
 * time.
 */
public final class ValueInputStream extends InputStream {
  /** So many blocks are read ahead. */
  private static final int AHEAD_BLOCKS = 8;

  private static final long NO_BLOCK = -1;

  private final ZapStore store;
  private final byte[] key;
  private final long lengthBytes;

  /** What the key must still have, and who looks; without them the value is in the block. */
  private final @Nullable ZapValue reference;

  private final Supplier<@Nullable ZapValue> lookup;
  private final @Nullable DataObject object;
  private final int blockBytes;
  private final ReentrantLock lock = new ReentrantLock();

  /* Guarded by the lock. */
  private byte[] block;
  private long blockId;
  private long position;
  private boolean closed;

  /** A value whose bytes are known. */
  ValueInputStream(ZapStore store, byte[] key, byte[] value) {
    this.store = store;
    this.key = key;
    this.lengthBytes = value.length;
    this.reference = null;
    this.lookup = () -> null;
    this.object = null;
    this.blockBytes = Math.max(1, value.length);
    this.block = value;
  }

  /** A value that is an object, open here from now on. */
  ValueInputStream(
      ZapStore store,
      byte[] key,
      ZapValue reference,
      DataObject object,
      Supplier<@Nullable ZapValue> lookup) {
    this.store = store;
    this.key = key;
    this.lengthBytes = ValueStore.referenceLength(reference);
    this.reference = reference;
    this.lookup = lookup;
    this.object = object;
    this.blockBytes = object.blockSizeBytes();
    this.block = new byte[0];
    this.blockId = NO_BLOCK;
  }

  /**
   * The length of the value.
   *
   * @return bytes, those read already among them
   */
  public long lengthBytes() {
    return lengthBytes;
  }

  /**
   * The next byte.
   *
   * @return 0 to 255; -1 at the end
   * @throws ClosedException if the stream or the store is closed
   * @throws org.zapkv.error.ValueChangedException if the value was replaced or removed meanwhile
   * @throws org.zapkv.error.MapDroppedException if the map was dropped meanwhile
   * @throws org.zapkv.error.CorruptException if a block is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  /**
   * The next bytes.
   *
   * @param target where they go
   * @param offset where in there
   * @param length how many are wanted
   * @return how many there were, at least 1 if one was wanted; -1 at the end
   * @throws IndexOutOfBoundsException if there is no such place in the array
   * @throws ClosedException if the stream or the store is closed
   * @throws org.zapkv.error.ValueChangedException if the value was replaced or removed meanwhile
   * @throws org.zapkv.error.MapDroppedException if the map was dropped meanwhile
   * @throws org.zapkv.error.CorruptException if a block is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  @Override
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    lock.lock();
    try {
      checkOpen();
      if (length == 0 || position == lengthBytes) {
        return length == 0 ? 0 : -1;
      }
      load(position / blockBytes);
      int at = (int) (position % blockBytes);
      int count = Math.min(length, inBlock() - at);
      System.arraycopy(block, at, target, offset, count);
      position += count;
      return count;
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException("the stream of key " + Keys.show(key) + " is closed: open another");
    }
    store.gate().checkOpen();
  }

  private int inBlock() {
    return (int) Math.min(blockBytes, lengthBytes - blockId * blockBytes);
  }

  private void load(long wanted) {
    DataObject from = object;
    ZapValue expected = reference;
    if (blockId == wanted || from == null || expected == null) {
      return;
    }
    int slot = store.gate().enter();
    try {
      boolean readsAhead = wanted % AHEAD_BLOCKS == 0 || blockId != wanted - 1;
      long[] ahead =
          LongStream.range(wanted, readsAhead ? wanted + 2 * AHEAD_BLOCKS : wanted).toArray();
      if (block.length == 0) {
        block = new byte[blockBytes];
      }
      blockId = NO_BLOCK;
      int count = (int) Math.min(blockBytes, lengthBytes - wanted * blockBytes);
      store.values().readBlock(key, expected, lookup, from, ahead, wanted, block, count);
      blockId = wanted;
    } finally {
      store.gate().exit(slot);
    }
  }

  /**
   * Goes on without reading.
   *
   * @param count how many bytes to pass over; none if it is not above 0
   * @return how many were passed over, fewer at the end
   * @throws ClosedException if the stream or the store is closed
   */
  @Override
  public long skip(long count) {
    lock.lock();
    try {
      checkOpen();
      long passed = Math.max(0, Math.min(count, lengthBytes - position));
      position += passed;
      return passed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * How much can be read without a look at the store.
   *
   * @return bytes, 0 or more
   * @throws ClosedException if the stream or the store is closed
   */
  @Override
  public int available() {
    lock.lock();
    try {
      checkOpen();
      boolean isHere = position < lengthBytes && position / blockBytes == blockId;
      return isHere ? inBlock() - (int) (position % blockBytes) : 0;
    } finally {
      lock.unlock();
    }
  }

  /** Lets the value go. Closing twice does nothing. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      block = new byte[0];
      if (object != null) {
        object.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
