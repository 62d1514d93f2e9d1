// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.ThreadEnd;

/**
 * Writes the statistics of a store into a file of its directory, once a second, for other processes
 * to read, and removes the file when it is closed. Whatever becomes of the file, the store goes on.
 */
final class StatisticsPublisher implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A file, and no socket: there is no network code, and who may read the directory may read the
   * figures. Never flushed: a crash of the machine ends the process that it tells of, too. It is
   * written by one call, but readers take no lock: a checksum tells them when they came in between.
   *
   * The file is opened each time: then it comes back when somebody has removed it, and a disk that
   * was full, or a directory that could not be written, is tried again.
   *
   * Only a weak reference leads to the store, so that one nobody closes is found by OpenWatch, which
   * closes this as well. While the store is closing it takes no questions; what is known is
   * published again and again, so that the reader sees that the process lives.
   */

  private static final System.Logger LOGGER = System.getLogger(StatisticsPublisher.class.getName());
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path file;
  private final WeakReference<ZapStore> store;
  private final Clock clock;
  private final long intervalNanos;
  private final Instant opened;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition end = lock.newCondition();

  /** Guarded by lock. */
  private boolean closed;

  /* Of the thread. */
  private @Nullable StoreStatistics latest;
  private boolean closing;
  private long sequence;
  private boolean told;

  /** A publisher; nothing is published before {@link #start}. */
  StatisticsPublisher(Path directory, ZapStore store, Clock clock, long intervalNanos) {
    this.file = directory.resolve(StoreDirectory.STATISTICS_FILE);
    this.store = new WeakReference<>(store);
    this.clock = clock;
    this.intervalNanos = intervalNanos;
    this.opened = clock.instant();
    this.thread = new Thread(this::run, "zap-statistics-" + directory);
    thread.setDaemon(true);
  }

  /** Begins to publish what a store in a directory does. */
  static StatisticsPublisher start(Path directory, ZapStore store, Clock clock) {
    StatisticsPublisher publisher =
        new StatisticsPublisher(directory, store, clock, INTERVAL_NANOS);
    publisher.thread.start();
    return publisher;
  }

  /** Removes what a process left that was killed. Who has the lock of the directory may do so. */
  static void removeStale(Path directory) {
    remove(directory.resolve(StoreDirectory.STATISTICS_FILE));
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOGGER.log(Level.WARNING, "cannot remove old statistics, {0}: {1}", file, e.toString());
    }
  }

  private void run() {
    do {
      publish();
    } while (!awaitEnd());
  }

  /** Writes the file once. */
  void publish() {
    look();
    if (latest == null) {
      return;
    }
    sequence++;
    try {
      write(
          StatisticsImage.of(
              new PublishedStatistics(
                  ProcessHandle.current().pid(),
                  opened,
                  clock.instant(),
                  sequence,
                  closing,
                  latest)));
      told = false;
    } catch (IOException e) {
      tell(e);
    }
  }

  private void look() {
    ZapStore open = store.get();
    try {
      latest = open == null ? latest : open.statistics();
    } catch (ClosedException e) {
      closing = true;
    } catch (ZapException e) {
      // Damaged where the names of the maps are, or no memory: whoever uses the store is told.
      LOGGER.log(Level.DEBUG, "no new statistics", e);
    }
  }

  private void write(byte[] image) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(image);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes, bytes.position());
      }
    }
  }

  /** Once, until it works again. */
  private void tell(IOException problem) {
    if (!told) {
      LOGGER.log(
          Level.WARNING,
          "the statistics of the store cannot be published in {0}: {1}; the store goes on",
          file,
          problem.toString());
    }
    told = true;
  }

  /** Waits until it is time to publish again; true: it is over. */
  private boolean awaitEnd() {
    lock.lock();
    try {
      long nanos = intervalNanos;
      while (!closed && nanos > 0) {
        nanos = end.awaitNanos(nanos);
      }
      return closed;
    } catch (InterruptedException e) {
      // Nobody has a reason to interrupt this thread: no more than a wake-up.
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread and removes the file. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      end.signal();
    } finally {
      lock.unlock();
    }
    ThreadEnd.await(thread);
    remove(file);
  }
}
