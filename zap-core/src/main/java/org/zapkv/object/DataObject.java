// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.pool.Transaction;

/**
 * An open object of an object set: a handle that keeps the object's state in memory until it is
 * closed. Each call of {@link ObjectSet#open} and {@link ObjectSet#create} gives a handle of its
 * own; all handles of one object see the same blocks.
 *
 * <p>Safe for use from several threads. After {@link #close}, and after the object was destroyed,
 * use is refused with a {@link ClosedException}.
 */
public final class DataObject implements BlockObject, AutoCloseable {
  private final ObjectTable table;
  private final ObjectNode node;
  private final AtomicBoolean closed = new AtomicBoolean();

  DataObject(ObjectTable table, ObjectNode node) {
    this.table = table;
    this.node = node;
  }

  @Override
  public long objectId() {
    return node.objectId();
  }

  /**
   * What the object is used for.
   *
   * @return the type it was created with
   */
  public ObjectType type() {
    return node.type();
  }

  /**
   * The transaction group that the object was created in, which tells it from others that had its
   * number before or have it later.
   *
   * @return the group, as it was synced last
   */
  public long birthGroup() {
    return node.syncedDnode().birthGroup();
  }

  @Override
  public int blockSizeBytes() {
    return node.blockSizeBytes();
  }

  @Override
  public long blockCount() {
    return node.blockCount();
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    return open().hold(blockId, tag);
  }

  @Override
  public void prefetch(long[] blockIds) {
    open().prefetch(blockIds);
  }

  @Override
  public void dirty(Buffer buffer, Transaction tx) {
    open().dirty(buffer, tx);
  }

  @Override
  public Buffer resize(Buffer block0, int blockSizeBytes, Transaction tx, Object tag) {
    return open().resize(block0, blockSizeBytes, tx, tag);
  }

  @Override
  public void freeRange(long firstBlock, long blockCount, Transaction tx) {
    open().freeRange(firstBlock, blockCount, tx);
  }

  /**
   * Writes one whole block to the device at once, past the cache: for large values, which would
   * otherwise push everything else out of memory. The block becomes part of the object with the
   * transaction's group, like any other change. Others may read it meanwhile: they wait, or see the
   * old block. One that is held or dirty at this moment is changed in the cache instead, under its
   * {@link Buffer#contentLock}; nobody else may change it meanwhile.
   *
   * @param blockId the block, 0 or above
   * @param source where the bytes are
   * @param offset where in the array they start
   * @param length how many there are, 0 to the block size; the rest of the block becomes zeros
   * @param tx the transaction that the change belongs to
   * @throws org.zapkv.error.StoreFullException if the device is full
   * @throws org.zapkv.error.DeviceException if the device cannot be written
   * @throws org.zapkv.error.CacheFullException if there is no memory for it
   * @throws ClosedException if the handle is closed or the object destroyed
   */
  public void writeDirect(long blockId, byte[] source, int offset, int length, Transaction tx) {
    open().writeDirect(blockId, source, offset, length, tx);
  }

  /**
   * Copies the beginning of a block out.
   *
   * @param blockId the block, 0 or above; one past the end of the object reads as zeros
   * @param target where the bytes go
   * @param offset where in the array they start
   * @param length how many there are, 0 to the block size
   * @throws IndexOutOfBoundsException if the bytes are not within the array or the block
   * @throws org.zapkv.error.CorruptException if the stored block is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   * @throws org.zapkv.error.CacheFullException if there is no memory for it
   * @throws ClosedException if the handle is closed or the object destroyed
   */
  public void read(long blockId, byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    Objects.checkFromIndexSize(0, length, blockSizeBytes());
    Buffer buffer = hold(blockId, this);
    try {
      NativeMemory.copyToArray(buffer.address(), target, offset, length);
    } finally {
      buffer.release(this);
    }
  }

  /** Lets the object go. Closing twice does nothing; other handles of the object stay open. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      table.release(node);
    }
  }

  private ObjectNode open() {
    if (closed.get()) {
      throw new ClosedException("the handle of object " + node.objectId() + " is closed");
    }
    return node;
  }

  @Override
  public String toString() {
    return node.toString();
  }
}
