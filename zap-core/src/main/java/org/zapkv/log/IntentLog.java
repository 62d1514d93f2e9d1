// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.time.Duration;
import java.util.UUID;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.BlockDevice;

/**
 * The intent log of a store: a sequence of records in a file of its own, written one after the
 * other, so that a commit costs one write and a flush that it shares with the commits of other
 * threads. After a crash the log has every record that was durable, and of the others those up to
 * the first that is not whole.
 *
 * <p>Used in this order: {@link #create}, or {@link #open} and {@link #replay}; {@link #start};
 * then, by any number of threads, the rest; {@link #close}.
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedVariable"})
public final class IntentLog implements AutoCloseable {
  private IntentLog() {}

  private static UnsupportedOperationException missing() {
    return new UnsupportedOperationException("helper log builds this");
  }

  /**
   * Makes an empty log; it is durable on return.
   *
   * @param device what it is written to; what was there is lost
   * @param cache where memory to write from comes from
   * @param storeId the store that it belongs to
   * @return the log, to be started
   * @throws org.zapkv.error.DeviceException if the device cannot be written
   */
  public static IntentLog create(BlockDevice device, BufferCache cache, UUID storeId) {
    throw missing();
  }

  /**
   * Opens a log. Changes no byte of it.
   *
   * @param device what it is on
   * @param cache where memory comes from
   * @param storeId the store that it belongs to
   * @param from the position of the newest uberblock
   * @return the log, to be replayed
   * @throws org.zapkv.error.CorruptException if the head is damaged, or of another store
   * @throws org.zapkv.error.FormatTooNewException if a newer version wrote it
   */
  public static IntentLog open(
      BlockDevice device, BufferCache cache, UUID storeId, LogPosition from) {
    throw missing();
  }

  /**
   * Reads the records after the position that the log was opened with, verifies them, and gives
   * them out in their order. A tail that is not whole and never was durable is left out silently.
   * When the consumer returns, {@link #position} is after the record it was given. May be called
   * several times before {@link #start}, each from the beginning.
   *
   * @param consumer takes the records
   * @return how many there were
   * @throws org.zapkv.error.CorruptException if a record is damaged that had been durable: found by
   *     a later one that says so. Those before it have been given out
   * @throws org.zapkv.error.DeviceException if the device cannot be read
   */
  public long replay(LogConsumer consumer) {
    throw missing();
  }

  /**
   * Lets records be appended. What was before {@link #position}, and what else is on the device, is
   * never replayed again once a group with the new position is durable; before that nothing
   * appended is, see {@link #wantsPosition}.
   */
  public void start() {
    throw missing();
  }

  /**
   * Sees to it that there is room on the device for a record, before anything is changed. To be
   * given back with {@link #release} when the record is appended or not needed.
   *
   * @param payloadBytes how long it may be
   * @return false if there is not, and no more can be had until a transaction group has been synced
   * @throws org.zapkv.error.StoreFullException if the device has no room for it, whatever is synced
   * @throws org.zapkv.error.StoreFailedException if the log has failed
   */
  public boolean tryReserve(long payloadBytes) {
    throw missing();
  }

  /**
   * Gives room back.
   *
   * @param payloadBytes what was reserved
   */
  public void release(long payloadBytes) {
    throw missing();
  }

  /**
   * Appends a record: after those appended before, so the caller holds whatever makes this order
   * the order of the changes. Copies it; may wait for others to be written, not for a flush.
   *
   * @param parts what the record consists of, one after the other; for which room is reserved
   * @return its sequence, one more than that of the record before
   * @throws org.zapkv.error.StoreFailedException if the log has failed
   */
  public long append(byte[]... parts) {
    throw missing();
  }

  /**
   * Waits until a record is durable: writes and flushes it, and whatever else waits, or waits for
   * the thread that does. Not interruptible.
   *
   * @param sequence the record's
   * @throws org.zapkv.error.StoreFailedException if the log has failed before the record was
   *     durable
   */
  public void awaitDurable(long sequence) {
    throw missing();
  }

  /**
   * Has a record made durable within a time, without waiting for it.
   *
   * @param sequence the record's
   * @param bound how long it may take
   */
  public void requestFlush(long sequence, Duration bound) {
    throw missing();
  }

  /**
   * The newest record.
   *
   * @return its sequence; 0 if there never was one
   */
  public long lastSequence() {
    throw missing();
  }

  /**
   * The newest record that is durable, in the log or in a transaction group.
   *
   * @return its sequence: those before it are durable too
   */
  public long durableSequence() {
    throw missing();
  }

  /**
   * The position after the newest record; while nobody appends.
   *
   * @return what the uberblock of the group that is closed now has to hold
   */
  public LogPosition position() {
    throw missing();
  }

  /**
   * Whether a group has to be synced, be it empty, so that an uberblock holds the position: after
   * {@link #start}.
   *
   * @return true until {@link #released} was called for such a group
   */
  public boolean wantsPosition() {
    throw missing();
  }

  /**
   * A group is durable: what lies before its position is not needed any more, its records are
   * durable, and whoever waits for them is told.
   *
   * @param durable the position that its uberblock holds
   */
  public void released(LogPosition durable) {
    throw missing();
  }

  /**
   * How much of the log is needed.
   *
   * @return bytes between the position of the newest durable group and the end
   */
  public long usedBytes() {
    throw missing();
  }

  /**
   * Gives memory back; the device stays open. What is not durable is not written. After a clean
   * end, when the last group was synced and nothing was appended since, the file is made small.
   */
  @Override
  public void close() {
    throw missing();
  }
}
