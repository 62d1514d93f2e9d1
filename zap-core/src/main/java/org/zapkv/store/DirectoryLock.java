// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.StoreLockedException;

/** Keeps a directory for one store at a time, and tells the second one who has it. */
final class DirectoryLock implements AutoCloseable {
  /*
   * A lock of the operating system on a file of its own: it goes when the process does, however it
   * ends, so nothing has to be cleaned up after a crash. It is not taken on the file with the blocks,
   * since closing any other channel of a file drops the process's locks on it (POSIX). For the same
   * reason a second opener in this process must not even touch the lock file: OPEN_HERE tells it.
   * What is written in the file is for the message only.
   */

  private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

  static final String LOCK_FILE = "lock";
  private static final int MAX_HOLDER_BYTES = 256;

  private final FileChannel channel;
  private final FileLock lock;
  private final Path realDirectory;

  private DirectoryLock(Path realDirectory, FileChannel channel, FileLock lock) {
    this.realDirectory = realDirectory;
    this.channel = channel;
    this.lock = lock;
  }

  static DirectoryLock acquire(Path directory) {
    // A pending interrupt would close the channel, and with it drop the lock.
    boolean interrupted = Thread.interrupted();
    try {
      return acquireHere(directory, directory.toRealPath());
    } catch (IOException e) {
      throw StoreDirectory.failed("cannot lock", directory.resolve(LOCK_FILE), e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static DirectoryLock acquireHere(Path directory, Path realDirectory) throws IOException {
    if (!OPEN_HERE.add(realDirectory)) {
      throw locked(directory, ProcessHandle.current().pid() + " (this one)");
    }
    try {
      return acquireFile(directory, realDirectory);
    } catch (IOException | RuntimeException | Error e) {
      OPEN_HERE.remove(realDirectory);
      throw e;
    }
  }

  private static DirectoryLock acquireFile(Path directory, Path realDirectory) throws IOException {
    Path file = realDirectory.resolve(LOCK_FILE);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        throw locked(directory, holder(file));
      }
      writeHolder(channel);
      return new DirectoryLock(realDirectory, channel, lock);
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static StoreLockedException locked(Path directory, String process) {
    return new StoreLockedException(
        "store "
            + directory
            + " is open already, in process "
            + process
            + ": close it there first");
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
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
    try (channel) {
      lock.release();
    } finally {
      OPEN_HERE.remove(realDirectory);
    }
  }
}
