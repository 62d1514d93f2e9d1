// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.OutputStream;
import java.util.Objects;

/**
 * A value of any length on its way to a key: nothing of it is seen before {@link #commit}, and all
 * of it after. From {@link ZapMap#newValue}. Closed without a commit, it changes nothing and gives
 * its space back; that of one that was never closed, or that a crash cut off, is given back when
 * the store is opened the next time.
 *
 * <pre>{@code
 * try (ValueOutputStream out = map.newValue(key)) {
 *   Files.copy(file, out);
 *   out.commit();
 * }
 * }</pre>
 *
 * <p>Holds up to 128 KiB of the value on the heap and writes the rest straight to the store's file,
 * past its cache; a value that fits into that is committed as {@link ZapMap#put} does it. Any
 * thread, one at a time.
 */
public final class ValueOutputStream extends OutputStream {
  private final ValueUpload upload;
  private final Durability durability;

  ValueOutputStream(ValueUpload upload, Durability durability) {
    this.upload = upload;
    this.durability = durability;
  }

  /**
   * Adds a byte.
   *
   * @param b its lower 8 bits
   * @throws org.zapkv.error.ClosedException if the stream is closed or committed, or the store is
   *     closed
   * @throws org.zapkv.error.StoreFullException if there is no room: close the stream
   * @throws org.zapkv.error.ValueTooLargeException if it would be longer than {@link
   *     ZapMap#MAX_STREAM_BYTES}
   * @throws IllegalStateException if an earlier write has failed, or a commit
   */
  @Override
  public void write(int b) {
    upload.write(new byte[] {(byte) b}, 0, 1);
  }

  /**
   * Adds bytes. If it throws it is not defined how many of them were added: the stream can only be
   * closed then.
   *
   * @param source where they are
   * @param offset where they begin
   * @param length how many
   * @throws IndexOutOfBoundsException if they are not within the array
   * @throws org.zapkv.error.ClosedException if the stream is closed or committed, or the store is
   *     closed
   * @throws org.zapkv.error.StoreFullException if there is no room: close the stream
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more
   * @throws org.zapkv.error.ValueTooLargeException if it would be longer than {@link
   *     ZapMap#MAX_STREAM_BYTES}
   * @throws IllegalStateException if an earlier write has failed, or a commit
   */
  @Override
  public void write(byte[] source, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, source.length);
    upload.write(source, offset, length);
  }

  /**
   * Gives the key what was written, in place of what it has, and ends the stream. A value of more
   * than 128 KiB is made durable before, whatever the durability, which waits for a sync of the
   * store.
   *
   * @return the commit's sequence, for {@link ZapStore#awaitDurable}
   * @throws org.zapkv.error.ClosedException if the stream is closed or committed, or the store is
   *     closed
   * @throws org.zapkv.error.MapDroppedException if the map was dropped: the stream can be closed
   * @throws org.zapkv.error.StoreFullException if there is no room; the key is as before, and the
   *     commit can be tried again when there is
   * @throws org.zapkv.error.StoreFailedException if the store takes no changes any more; thrown by
   *     the wait for the disk, too: whether the value is there after the store was opened again is
   *     then unknown
   * @throws IllegalStateException if an earlier write has failed
   */
  public long commit() {
    return upload.commit(durability);
  }

  /**
   * How much was written.
   *
   * @return bytes
   */
  public long lengthBytes() {
    return upload.lengthBytes();
  }

  /** Does nothing: what is not committed is nobody's business. */
  @Override
  public void flush() {}

  /** Ends the stream; if it was not committed, nothing has changed. Closing twice does nothing. */
  @Override
  public void close() {
    upload.close();
  }
}
