// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/** A channel to a file that outlives the interrupts of those who use it. Any thread. */
final class ReopeningChannel {
  /*
   * Implementation notes
   *
   * A FileChannel is closed by the JDK when a thread is interrupted in it, under everybody. So every
   * access runs in a loop (run): the interrupt flag is taken off before, an access hit by a closed
   * channel reopens it and is repeated as a whole (transfers are by absolute position, so repeating
   * is harmless), and the flag is put back at the end.
   *
   *   channel   volatile; replaced under reopenLock only. A thread that failed on channel C reopens
   *             only if C is still the current one: its identity is the generation.
   *   closed    volatile; set under reopenLock, so that no channel is opened after close().
   */
  private final Path path;
  private final Set<OpenOption> reopenOptions;
  private final ChannelOpener opener;
  private final ReentrantLock reopenLock = new ReentrantLock();
  private final @Nullable Object fileKey;

  private volatile FileChannel channel;
  private volatile boolean closed;

  ReopeningChannel(Path path, Set<OpenOption> options, ChannelOpener opener) throws IOException {
    this.path = path;
    this.opener = opener;
    Set<OpenOption> existing = new HashSet<>(options);
    existing.remove(StandardOpenOption.CREATE);
    this.reopenOptions = Set.copyOf(existing);
    this.channel = opener.open(path, options);
    this.fileKey = fileKey(path);
  }

  /** The channel of this moment; an interrupt may close it. */
  FileChannel current() {
    return channel;
  }

  void checkOpen() {
    if (closed) {
      throw new ClosedException(path + " is closed");
    }
  }

  long run(Access access) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        // Not |= alone: the flag must be taken off in every round.
        interrupted = Thread.interrupted() || interrupted;
        // Here for those that never touch the channel: no bytes, free space.
        checkOpen();
        FileChannel current = channel;
        try {
          return access.run(current);
        } catch (ClosedChannelException e) {
          // ClosedByInterruptException too, which leaves the flag set for the next round.
          reopen(current);
        }
      }
    } finally {
      restore(interrupted);
    }
  }

  void close() throws IOException {
    reopenLock.lock();
    try {
      closed = true;
      channel.close();
    } finally {
      reopenLock.unlock();
    }
  }

  private void reopen(FileChannel broken) {
    // A flag still set would close the new channel as well.
    boolean interrupted = Thread.interrupted();
    reopenLock.lock();
    try {
      checkOpen();
      if (channel == broken) {
        channel = openAgain();
      }
    } catch (IOException e) {
      throw new DeviceException("cannot reopen " + path + " after an interrupt: " + e, e);
    } finally {
      reopenLock.unlock();
      restore(interrupted);
    }
  }

  private FileChannel openAgain() throws IOException {
    FileChannel reopened = opener.open(path, reopenOptions);
    boolean isSame = false;
    try {
      isSame = Objects.equals(fileKey, fileKey(path));
    } finally {
      if (!isSame) {
        reopened.close();
      }
    }
    if (!isSame) {
      throw new DeviceException(path + " was replaced by another file while it was open");
    }
    return reopened;
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  static void restore(boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is done with the channel; may be repeated. */
  @FunctionalInterface
  interface Access {
    long run(FileChannel file) throws IOException;
  }
}
