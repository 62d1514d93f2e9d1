// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ZapException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;

/** A value on its way into a store, for {@link ValueOutputStream}, which guards it. */
final class ValueUpload implements AutoCloseable {
  /*
   * Up to a block stays on the heap, and is committed as any other value. Of more each block is
   * written to the pool at once, past the cache, in a transaction of its own; from the first one on
   * the object is in the list of unfinished values. The commit waits until the group of the last
   * block is durable, and then, in one transaction, gives the object to the key, takes it off the
   * list, and appends a record that has the object's number in place of the bytes. So a replay that
   * finds the record finds the object and its entry in the list; where the entry is gone the record
   * was made before.
   */

  private static final System.Logger LOGGER = System.getLogger(ValueUpload.class.getName());
  private static final int BLOCK_BYTES = ValueStore.MAX_BLOCK_BYTES;
  private static final int FIRST_BYTES = 8192;
  private static final long NOT_SEALED = -1;

  private final ZapStore store;
  private final MapKey key;

  /* Guarded by the lock. */
  private final ReentrantLock lock = new ReentrantLock();
  private byte[] buffer = new byte[FIRST_BYTES];
  private int filled;
  private long blocks;
  private long lastGroup;
  private @Nullable DataObject object;

  /** What was written, once the last block is: it need not be full, and none can follow. */
  private long sealedLength = NOT_SEALED;

  private boolean broken;
  private boolean over;

  ValueUpload(ZapStore store, MapKey key) {
    this.store = store;
    this.key = key;
  }

  long lengthBytes() {
    lock.lock();
    try {
      return sealedLength == NOT_SEALED ? blocks * BLOCK_BYTES + filled : sealedLength;
    } finally {
      lock.unlock();
    }
  }

  void write(byte[] source, int offset, int length) {
    lock.lock();
    try {
      checkUsable();
      checkNotSealed();
      checkLength(length);
      int done = 0;
      while (done < length) {
        if (filled == BLOCK_BYTES) {
          writeBlock();
        }
        int count = Math.min(length - done, BLOCK_BYTES - filled);
        require(filled + count);
        System.arraycopy(source, offset + done, buffer, filled, count);
        filled += count;
        done += count;
      }
    } finally {
      lock.unlock();
    }
  }

  private void checkUsable() {
    store.callbacks().refuseInside("a value is written as a stream");
    if (over) {
      throw new ClosedException(
          "the stream of key " + Keys.show(key.bytes) + " is closed or committed: begin another");
    }
    if (broken) {
      throw new IllegalStateException(
          "writing to the stream of key "
              + Keys.show(key.bytes)
              + " has failed before: close it, and begin another");
    }
  }

  private void checkNotSealed() {
    if (sealedLength != NOT_SEALED) {
      throw new IllegalStateException(
          "the stream of key "
              + Keys.show(key.bytes)
              + " was to be committed, which has failed, and can take no more: commit or close it");
    }
  }

  private void checkLength(int more) {
    long length = lengthBytes() + more;
    if (length > ZapMap.MAX_STREAM_BYTES) {
      throw new ValueTooLargeException(
          "value of "
              + length
              + " bytes: a stream has at most "
              + ZapMap.MAX_STREAM_BYTES
              + " bytes; split it over several keys");
    }
  }

  private void require(int bytes) {
    if (bytes > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.min(BLOCK_BYTES, Math.max(bytes, 4 * buffer.length)));
    }
  }

  /** Writes what is in the buffer as the next block. */
  private void writeBlock() {
    int slot = store.gate().enter();
    broken = true;
    try (Transaction tx = store.begin(2L * BLOCK_BYTES + UnfinishedValues.changeBytes())) {
      DataObject to = object == null ? create(tx) : object;
      to.writeDirect(blocks, buffer, 0, filled, tx);
      lastGroup = tx.group();
      blocks++;
      filled = 0;
      broken = false;
    } catch (CacheFullException e) {
      throw BatchApplier.told(e);
    } finally {
      store.gate().exit(slot);
    }
  }

  private DataObject create(Transaction tx) {
    DataObject made = store.objects().create(ObjectType.VALUE, BLOCK_BYTES, tx);
    try {
      store.unfinished().add(made.objectId(), tx);
      object = made;
      return made;
    } catch (RuntimeException | Error e) {
      store.objects().destroy(made.objectId(), tx);
      made.close();
      throw e;
    }
  }

  /** Gives the key the value; returns the sequence of the record. */
  long commit(Durability durability) {
    lock.lock();
    try {
      checkUsable();
      int slot = store.gate().enter();
      try {
        long sequence = object == null ? commitSmall() : commitObject();
        over = true;
        letGo();
        store.commitLog().await(sequence, durability);
        return sequence;
      } finally {
        store.gate().exit(slot);
      }
    } finally {
      lock.unlock();
    }
  }

  private long commitSmall() {
    return SingleCommit.run(store, Change.put(key, Arrays.copyOf(buffer, filled)));
  }

  private long commitObject() {
    long length = lengthBytes();
    if (filled > 0) {
      writeBlock();
    }
    // Should what follows fail, and be tried again, the end is still known.
    sealedLength = length;
    store.objects().awaitSynced(lastGroup);
    DataObject from = object;
    if (from == null) {
      throw new IllegalStateException("the object has gone");
    }
    return publish(from.objectId(), Change.putObject(key, from.objectId(), length));
  }

  private long publish(long objectId, Change change) {
    store.checkWritable();
    CommitLog.Room room = store.commitLog().reserve(CommitRecord.reservedBytes(change));
    try (Transaction tx =
        store.begin(Commit.expectedBytes(change) + UnfinishedValues.changeBytes())) {
      key.map.checkAlive();
      BatchApplier applier = new BatchApplier(store, tx);
      applier.prepare(change);
      long sequence;
      int stripe = store.stripes().lock(key);
      try {
        sequence = apply(applier, objectId, change, tx);
      } finally {
        store.stripes().unlock(stripe);
      }
      applier.release(change);
      return sequence;
    } catch (CacheFullException e) {
      throw BatchApplier.told(e);
    } finally {
      room.giveBack();
    }
  }

  private long apply(BatchApplier applier, long objectId, Change change, Transaction tx) {
    try {
      // The key comes first: a check that looks at the list, then at the maps, finds the object.
      applier.apply(change, () -> store.unfinished().remove(objectId, tx));
      return store.commitLog().append(change);
    } catch (RuntimeException | Error e) {
      // The object goes with that: there is nothing more to be done with this stream.
      applier.putBack(Changes.of(change), e);
      forget(objectId, tx, e);
      over = true;
      letGo();
      throw e;
    }
  }

  /** Should it stay in the list, its birth group tells that it has gone. */
  private void forget(long objectId, Transaction tx, Throwable because) {
    try {
      store.unfinished().remove(objectId, tx);
    } catch (RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  private void letGo() {
    DataObject open = object;
    object = null;
    buffer = new byte[0];
    if (open != null) {
      open.close();
    }
  }

  /** Gives up what is not committed, and frees its space. Does nothing the second time. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (over) {
        return;
      }
      store.callbacks().refuseInside("a stream is given up");
      over = true;
      DataObject open = object;
      if (open != null) {
        abandon(open.objectId());
      }
      letGo();
    } finally {
      lock.unlock();
    }
  }

  private void abandon(long objectId) {
    int slot;
    try {
      slot = store.gate().enter();
    } catch (ClosedException e) {
      LOGGER.log(Level.DEBUG, "given up when the store is opened again", e);
      return;
    }
    try (Transaction tx = store.beginFreeing(UnfinishedValues.changeBytes())) {
      store.objects().destroy(objectId, tx);
      store.unfinished().remove(objectId, tx);
    } catch (ZapException e) {
      LOGGER.log(
          Level.WARNING,
          "object={0}: freed when the store is opened again: {1}",
          Long.toString(objectId),
          e);
    } finally {
      store.gate().exit(slot);
    }
  }
}
