// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.BufferStateException;

/**
 * One block that a {@link BlockSource} is to read, with others: it ends by {@link #done} or {@link
 * #failed}, once. Whoever waits for the block goes on at that moment.
 */
public final class BlockRead {
  /*
   * Implementation notes
   *
   * stage goes WAITING -> BEGUN -> ENDED. A thread that wants the block while it is WAITING, behind
   * others, begins the read itself (readNow): so nobody waits for a place in the queue, and a source
   * that needs another block that is still queued does not wait for ever.
   */
  private enum Stage {
    WAITING,
    BEGUN,
    ENDED
  }

  private final Prefetcher prefetcher;
  private final BlockSource source;
  private final Buffer buffer;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

  /** Written by the thread that reads; others compare it with themselves only. */
  private @Nullable Thread reader;

  BlockRead(Prefetcher prefetcher, BlockSource source, Buffer buffer) {
    this.prefetcher = prefetcher;
    this.source = source;
    this.buffer = buffer;
  }

  /**
   * The object that the block belongs to.
   *
   * @return its number
   */
  public long objectId() {
    return buffer.objectId();
  }

  /**
   * Which block of the object it is.
   *
   * @return its number
   */
  public long blockId() {
    return buffer.blockId();
  }

  /**
   * How large the block is.
   *
   * @return bytes, every one of which must be written
   */
  public int sizeBytes() {
    return buffer.sizeBytes();
  }

  /**
   * Where the bytes go; what is there now means nothing.
   *
   * @return the address of the first byte, good until the read ends
   * @throws BufferStateException if it has ended
   */
  public long address() {
    if (stage.get() != Stage.BEGUN) {
      throw new BufferStateException(buffer + ": read into after the read has ended");
    }
    return buffer.loadAddress();
  }

  /**
   * All bytes are written.
   *
   * @throws BufferStateException if the read has ended before; under {@link
   *     org.zapkv.cache.memory.InitPolicy#POISON} also if bytes were left unwritten: then it has
   *     failed, and those who wait for the block get this, too
   */
  public void done() {
    end();
    try {
      buffer.completeLoad();
    } catch (RuntimeException | Error e) {
      // It has ended: nobody else will say so to those who wait.
      giveUp(e);
      throw e;
    }
    prefetcher.loaded(buffer);
  }

  /**
   * The block cannot be had.
   *
   * @param failure why; everyone who waits for the block now gets this very exception, if it is
   *     unchecked
   * @throws BufferStateException if the read has ended before
   */
  public void failed(Throwable failure) {
    end();
    giveUp(failure);
  }

  private void end() {
    if (!stage.compareAndSet(Stage.BEGUN, Stage.ENDED)) {
      throw new BufferStateException(buffer + ": its read has ended already");
    }
  }

  private void giveUp(@Nullable Throwable failure) {
    if (buffer.failLoad(failure)) {
      prefetcher.ended(buffer);
    } else {
      prefetcher.loaded(buffer);
    }
  }

  /** Makes the caller the one who reads; false: somebody else is. */
  boolean begin() {
    if (stage.compareAndSet(Stage.WAITING, Stage.BEGUN)) {
      reader = Thread.currentThread();
      return true;
    }
    return false;
  }

  boolean isReadByCaller() {
    return reader == Thread.currentThread();
  }

  /** Reads on the calling thread what no other has begun to read. */
  void readNow() {
    if (!begin()) {
      return;
    }
    try {
      source.read(objectId(), blockId(), address(), sizeBytes());
      done();
    } catch (Throwable e) {
      // All of them: it is the waiter's to throw, and the caller is one.
      failIfOpen(e);
    }
  }

  void failIfOpen(Throwable failure) {
    if (stage.get() == Stage.BEGUN) {
      failed(failure);
    }
  }

  /** Nobody will read it for this hint; whoever waits for it looks again. */
  void discard() {
    if (stage.compareAndSet(Stage.WAITING, Stage.ENDED)) {
      giveUp(null);
    }
  }
}
