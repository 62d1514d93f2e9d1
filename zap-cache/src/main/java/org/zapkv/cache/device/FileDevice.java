// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.StoreFullException;

/**
 * A device in a file, through the page cache.
 *
 * <p>Take no {@link java.nio.channels.FileLock} on this very file: the file may be reopened, and on
 * POSIX systems closing any descriptor of a file drops all locks that the process has on it.
 */
public final class FileDevice implements BlockDevice {
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
   *
   * What was written through a channel that was then closed is in the page cache of the file, and
   * the next force() through another channel covers it. A failed force() is final (flushFailure):
   * the system may have dropped the pages, and a second force() would then report success.
   */
  private final Path path;
  private final boolean readOnly;
  private final ReentrantLock reopenLock = new ReentrantLock();
  private final @Nullable Object fileKey;

  private volatile FileChannel channel;
  private volatile boolean closed;
  private volatile @Nullable DeviceException flushFailure;

  private FileDevice(Path path, boolean readOnly, Set<OpenOption> options) throws IOException {
    this.path = path;
    this.readOnly = readOnly;
    this.channel = FileChannel.open(path, options);
    this.fileKey = fileKey(path);
  }

  /**
   * Opens a file for reading and writing; makes it, empty, if there is none.
   *
   * @param path the file
   * @return the device
   * @throws DeviceException if that fails
   */
  public static FileDevice open(Path path) {
    return open(
        path,
        false,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /**
   * Opens a file for reading only.
   *
   * @param path the file
   * @return the device; its write and truncate throw {@link DeviceException}
   * @throws DeviceException if that fails
   */
  public static FileDevice openReadOnly(Path path) {
    return open(path, true, Set.of(StandardOpenOption.READ));
  }

  private static FileDevice open(Path path, boolean readOnly, Set<OpenOption> options) {
    boolean interrupted = Thread.interrupted();
    try {
      return new FileDevice(path, readOnly, options);
    } catch (IOException e) {
      String reason =
          e instanceof AccessDeniedException ? "no permission; check who owns it" : "" + e;
      throw new DeviceException("cannot open " + path + ": " + reason, e);
    } finally {
      restore(interrupted);
    }
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public long sizeBytes() {
    return run("size", FileChannel::size);
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name(), offsetBytes, lengthBytes);
    run(
        "read",
        file -> {
          ByteBuffer view = NativeMemory.view(address, lengthBytes);
          while (view.hasRemaining()) {
            if (file.read(view, offsetBytes + view.position()) < 0) {
              throw new EndOfDeviceException(
                  path
                      + ": read past the end: "
                      + Transfers.range(offsetBytes, lengthBytes)
                      + " found="
                      + view.position());
            }
          }
          return 0L;
        });
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name(), offsetBytes, lengthBytes);
    checkWritable();
    run(
        "write",
        file -> {
          ByteBuffer view = NativeMemory.view(address, lengthBytes);
          while (view.hasRemaining()) {
            file.write(view, offsetBytes + view.position());
          }
          return 0L;
        });
  }

  @Override
  public void flush() {
    checkFlushed();
    try {
      run(
          "flush",
          file -> {
            if (!readOnly) {
              file.force(false);
            }
            return 0L;
          });
    } catch (DeviceException e) {
      flushFailure = e;
      throw e;
    }
    // Another thread's flush may have failed meanwhile and taken the error that was ours as well.
    checkFlushed();
  }

  @Override
  public void truncate(long sizeBytes) {
    Transfers.checkSize(name(), sizeBytes);
    checkWritable();
    run(
        "truncate",
        file -> {
          file.truncate(sizeBytes);
          return 0L;
        });
  }

  @Override
  public long growableBytes() {
    return run("free space", file -> Files.getFileStore(path).getUsableSpace());
  }

  @Override
  public void close() {
    reopenLock.lock();
    try {
      closed = true;
      channel.close();
    } catch (IOException e) {
      throw new DeviceException("cannot close " + path + ": " + e, e);
    } finally {
      reopenLock.unlock();
    }
  }

  /** What an interrupt does to the channel; for tests. */
  void breakChannel() throws IOException {
    channel.close();
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException(path + " is closed");
    }
  }

  private void checkWritable() {
    if (readOnly) {
      throw new DeviceException(path + " is open for reading only");
    }
  }

  private void checkFlushed() {
    DeviceException failure = flushFailure;
    if (failure != null) {
      throw new DeviceException(path + ": an earlier flush failed; reopen the file", failure);
    }
  }

  private long run(String what, Access access) {
    boolean interrupted = false;
    try {
      while (true) {
        // Not |= alone: the flag must be taken off in every round.
        interrupted = Thread.interrupted() || interrupted;
        // Here for those that never touch the channel: no bytes, free space, a read-only flush.
        checkOpen();
        FileChannel current = channel;
        try {
          return access.run(current);
        } catch (ClosedChannelException e) {
          // ClosedByInterruptException too, which leaves the flag set for the next round.
          reopen(current);
        } catch (IOException e) {
          throw failure(what, e);
        }
      }
    } finally {
      restore(interrupted);
    }
  }

  private void reopen(FileChannel broken) {
    // A flag still set would close the new channel as well.
    boolean interrupted = Thread.interrupted();
    reopenLock.lock();
    try {
      checkOpen();
      if (channel == broken) {
        Set<OpenOption> options =
            readOnly
                ? Set.of(StandardOpenOption.READ)
                : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel reopened = FileChannel.open(path, options);
        if (!Objects.equals(fileKey, fileKey(path))) {
          reopened.close();
          throw new DeviceException(path + " was replaced by another file while it was open");
        }
        channel = reopened;
      }
    } catch (IOException e) {
      throw new DeviceException("cannot reopen " + path + " after an interrupt: " + e, e);
    } finally {
      reopenLock.unlock();
      restore(interrupted);
    }
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private static void restore(boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private DeviceException failure(String what, IOException e) {
    String message = path + ": " + what + " failed: " + e;
    return isNoSpace(e) ? new StoreFullException(message, e) : new DeviceException(message, e);
  }

  /** The JDK has no exception for a full disk; these are the texts of Linux, macOS and Windows. */
  private static boolean isNoSpace(IOException e) {
    String text = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return text.contains("no space left")
        || text.contains("disk quota exceeded")
        || text.contains("not enough space on the disk")
        || text.contains("file too large");
  }

  private interface Access {
    long run(FileChannel file) throws IOException;
  }
}
