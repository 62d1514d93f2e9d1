// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.StoreLockedException;

/**
 * Keeps a directory for one store that writes, or for any number that only read, and tells others
 * who has it.
 */
final class DirectoryLock implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A lock of the operating system on a file of its own: it goes when the process does, however it
   * ends, so nothing has to be cleaned up after a crash. It is not taken on the file with the blocks,
   * since closing any other channel of a file drops the process's locks on it (POSIX). For the same
   * reason a second opener in this process must not even touch the lock file: OPEN_HERE tells it, and
   * all readers of this process share one lock.
   *
   * What is written in the file is for the message only. A reader writes nothing, not even the file:
   * where there is none, no writer has been since the directory was copied, and it goes without a
   * lock. Should a writer come then, what the reader reads is still verified: an error, never other
   * data.
   */

  static final String LOCK_FILE = "lock";
  private static final int MAX_HOLDER_BYTES = 256;

  /** Held while a directory is locked or let go. */
  private static final ReentrantLock HERE = new ReentrantLock();

  /** What this process has open, by the real path; guarded by HERE. */
  private static final Map<Path, DirectoryLock> OPEN_HERE = new HashMap<>();

  private final Path realDirectory;
  private final boolean shared;

  /** Null: there is no lock file, and this is for a reader. */
  private final @Nullable FileChannel channel;

  /** How many stores have it; guarded by HERE. */
  private int users = 1;

  private DirectoryLock(Path realDirectory, boolean shared, @Nullable FileChannel channel) {
    this.realDirectory = realDirectory;
    this.shared = shared;
    this.channel = channel;
  }

  /**
   * Takes the lock of a directory.
   *
   * @param shared for reading: others may read too, and nothing in the directory is changed
   * @throws StoreLockedException if others have it
   */
  static DirectoryLock acquire(Path directory, boolean shared) {
    // A pending interrupt would close the channel, and with it drop the lock.
    boolean interrupted = Thread.interrupted();
    HERE.lock();
    try {
      return acquireHere(directory, directory.toRealPath(), shared);
    } catch (IOException e) {
      throw StoreDirectory.failed("cannot lock", directory.resolve(LOCK_FILE), e);
    } finally {
      HERE.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static DirectoryLock acquireHere(Path directory, Path realDirectory, boolean shared)
      throws IOException {
    DirectoryLock here = OPEN_HERE.get(realDirectory);
    if (here == null) {
      FileChannel channel =
          shared ? openForReading(directory, realDirectory) : open(directory, realDirectory);
      here = new DirectoryLock(realDirectory, shared, channel);
      OPEN_HERE.put(realDirectory, here);
      return here;
    }
    if (!shared || !here.shared) {
      throw locked(directory, "in process " + ProcessHandle.current().pid() + " (this one)");
    }
    here.users++;
    return here;
  }

  private static FileChannel open(Path directory, Path realDirectory) throws IOException {
    Path file = realDirectory.resolve(LOCK_FILE);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel, false)) {
        throw tryLock(channel, true)
            ? locked(directory, "for reading, in another process")
            : locked(directory, "in process " + holder(file));
      }
      writeHolder(channel);
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable FileChannel openForReading(Path directory, Path realDirectory)
      throws IOException {
    Path file = realDirectory.resolve(LOCK_FILE);
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      return null;
    }
    try {
      if (!tryLock(channel, true)) {
        throw locked(directory, "in process " + holder(file));
      }
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static StoreLockedException locked(Path directory, String where) {
    return new StoreLockedException(
        "store " + directory + " is open already, " + where + ": close it there first");
  }

  /** The lock stays until the channel is closed. */
  private static boolean tryLock(FileChannel channel, boolean shared) throws IOException {
    try {
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static void writeHolder(FileChannel channel) throws IOException {
    ProcessHandle self = ProcessHandle.current();
    byte[] text = Long.toString(self.pid()).getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    ByteBuffer buffer = ByteBuffer.wrap(text);
    while (buffer.hasRemaining()) {
      channel.write(buffer, buffer.position());
    }
  }

  private static String holder(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      int length = Math.min(bytes.length, MAX_HOLDER_BYTES);
      return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "unknown";
    }
  }

  @Override
  public void close() throws IOException {
    HERE.lock();
    try {
      users--;
      if (users > 0) {
        return;
      }
      OPEN_HERE.remove(realDirectory);
      if (channel != null) {
        channel.close();
      }
    } finally {
      HERE.unlock();
    }
  }
}
