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
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.StoreFullException;
import org.zapkv.event.Events;
import org.zapkv.event.SlowIoEvent;

/**
 * A device in a file, through the page cache or, by option, past it.
 *
 * <p>Take no {@link java.nio.channels.FileLock} on this very file: the file may be reopened, and on
 * POSIX systems closing any descriptor of a file drops all locks that the process has on it.
 */
public final class FileDevice implements BlockDevice {
  /*
   * Implementation notes
   *
   * Interrupts: see ReopeningChannel. Direct I/O: see DirectTransfers.
   *
   * What was written through a channel that was then closed is in the page cache of the file, and
   * the next force() through another channel covers it. A failed force() is final (flushFailure):
   * the system may have dropped the pages, and a second force() would then report success.
   *
   * Linux reports an error of write-back once to each descriptor that was open when it came. So a
   * force() is worth what its descriptor has seen: all since the last flush. Two things spoil that.
   * A force() that an interrupt ends throws ClosedByInterruptException, whatever the system said,
   * and the error is spent. And a channel opened anew does not know of what went wrong before. In
   * both cases the witness decides: a descriptor open from the first moment, forced on a thread of
   * its own that nobody can interrupt. Each flush has the lock, so that of two at the same time the
   * second sees the failure of the first.
   *
   *   flushedThrough  the channel that has been open since the last flush, or since the start; under
   *                   flushLock
   */
  private final Path path;
  private final boolean readOnly;
  private final ReopeningChannel buffered;
  private final @Nullable DirectTransfers direct;
  private final FileChannel witness;
  private final ReentrantLock flushLock = new ReentrantLock();

  /** Guarded by flushLock. */
  private FileChannel flushedThrough;

  /** Guarded by flushLock. */
  private @Nullable DeviceException flushFailure;

  private FileDevice(
      Path path, boolean readOnly, IoMode mode, Set<OpenOption> options, ChannelOpener opener)
      throws IOException {
    this.path = path;
    this.readOnly = readOnly;
    this.buffered = new ReopeningChannel(path, options, opener);
    this.flushedThrough = buffered.current();
    try {
      this.witness =
          opener.open(path, Set.of(readOnly ? StandardOpenOption.READ : StandardOpenOption.WRITE));
    } catch (IOException e) {
      buffered.close();
      throw e;
    }
    this.direct = mode == IoMode.DIRECT ? DirectTransfers.open(path, readOnly, opener) : null;
  }

  /**
   * Opens a file for reading and writing through the page cache; makes it, empty, if there is none.
   *
   * @param path the file
   * @return the device
   * @throws DeviceException if that fails
   */
  public static FileDevice open(Path path) {
    return open(path, IoMode.BUFFERED);
  }

  /**
   * Opens a file for reading and writing; makes it, empty, if there is none.
   *
   * @param path the file
   * @param mode whether the page cache is used; where direct I/O is refused it is, after a line in
   *     the log
   * @return the device
   * @throws DeviceException if that fails
   */
  public static FileDevice open(Path path, IoMode mode) {
    return open(path, mode, FileChannel::open);
  }

  static FileDevice open(Path path, IoMode mode, ChannelOpener opener) {
    return open(
        path,
        false,
        mode,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        opener);
  }

  /**
   * Opens a file for reading only, through the page cache.
   *
   * @param path the file
   * @return the device; its write and truncate throw {@link DeviceException}
   * @throws DeviceException if that fails
   */
  public static FileDevice openReadOnly(Path path) {
    return openReadOnly(path, IoMode.BUFFERED);
  }

  /**
   * Opens a file for reading only.
   *
   * @param path the file
   * @param mode whether the page cache is used; where direct I/O is refused it is, after a line in
   *     the log
   * @return the device; its write and truncate throw {@link DeviceException}
   * @throws DeviceException if that fails
   */
  public static FileDevice openReadOnly(Path path, IoMode mode) {
    return open(path, true, mode, Set.of(StandardOpenOption.READ), FileChannel::open);
  }

  private static FileDevice open(
      Path path, boolean readOnly, IoMode mode, Set<OpenOption> options, ChannelOpener opener) {
    boolean interrupted = Thread.interrupted();
    try {
      return new FileDevice(path, readOnly, mode, options, opener);
    } catch (IOException e) {
      String reason =
          e instanceof AccessDeniedException ? "no permission; check who owns it" : "" + e;
      throw new DeviceException("cannot open " + path + ": " + reason, e);
    } finally {
      ReopeningChannel.restore(interrupted);
    }
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public int alignmentBytes() {
    DirectTransfers used = direct();
    return used == null ? 1 : used.unitBytes();
  }

  @Override
  public long sizeBytes() {
    return run("size", FileChannel::size);
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name(), offsetBytes, lengthBytes);
    SlowIoEvent event = Events.io();
    try {
      readNow(offsetBytes, address, lengthBytes);
    } finally {
      if (event != null) {
        event.finish(name(), "read", offsetBytes, lengthBytes);
      }
    }
  }

  private void readNow(long offsetBytes, long address, int lengthBytes) {
    DirectTransfers used = direct();
    if (used == null || lengthBytes == 0) {
      readBuffered(offsetBytes, address, lengthBytes, 0);
      return;
    }
    IOException refusal = null;
    int done = 0;
    try {
      done = used.read(offsetBytes, address, lengthBytes);
    } catch (IOException e) {
      refusal = refusal(used, "read", e);
    }
    if (done < lengthBytes) {
      readBuffered(offsetBytes, address, lengthBytes, done);
    }
    if (refusal != null) {
      used.refuse(refusal);
    }
  }

  private void readBuffered(long offsetBytes, long address, int lengthBytes, int alreadyRead) {
    run(
        "read",
        file -> {
          ByteBuffer view = NativeMemory.view(address, lengthBytes);
          view.position(alreadyRead);
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
    SlowIoEvent event = Events.io();
    try {
      writeNow(offsetBytes, address, lengthBytes);
    } finally {
      if (event != null) {
        event.finish(name(), "write", offsetBytes, lengthBytes);
      }
    }
  }

  private void writeNow(long offsetBytes, long address, int lengthBytes) {
    DirectTransfers used = direct();
    long start = used == null ? 0 : used.roundUp(offsetBytes);
    long end = used == null ? 0 : used.roundDown(offsetBytes + lengthBytes);
    if (used == null || start >= end) {
      writeBuffered(offsetBytes, address, lengthBytes);
      return;
    }
    int head = (int) (start - offsetBytes);
    if (head > 0) {
      writeBuffered(offsetBytes, address, head);
    }
    IOException refusal = null;
    int done = head;
    try {
      done += used.write(start, address + head, (int) (end - start));
    } catch (IOException e) {
      refusal = refusal(used, "write", e);
    }
    if (done < lengthBytes) {
      writeBuffered(offsetBytes + done, address + done, lengthBytes - done);
    }
    if (refusal != null) {
      used.refuse(refusal);
    }
  }

  private void writeBuffered(long offsetBytes, long address, int lengthBytes) {
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
    SlowIoEvent event = Events.io();
    try {
      flushNow();
    } finally {
      if (event != null) {
        event.finish(name(), "flush", 0, 0);
      }
    }
  }

  private void flushNow() {
    flushLock.lock();
    try {
      buffered.checkOpen();
      DeviceException failure = flushFailure;
      if (failure != null) {
        throw new DeviceException(path + ": an earlier flush failed; reopen the file", failure);
      }
      if (!readOnly) {
        force();
      }
    } catch (IOException e) {
      DeviceException failure = failure("flush", e);
      flushFailure = failure;
      throw failure;
    } finally {
      flushLock.unlock();
    }
  }

  /** Under flushLock. */
  private void force() throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      FileChannel current = buffered.current();
      if (current == flushedThrough) {
        try {
          current.force(false);
          return;
        } catch (ClosedChannelException e) {
          interrupted = Thread.interrupted() || interrupted;
        }
      }
      forceWitness();
      // Open since before that: it has missed nothing.
      flushedThrough = current;
    } finally {
      ReopeningChannel.restore(interrupted);
    }
  }

  private void forceWitness() throws IOException {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              witness.force(false);
              return true;
            });
    boolean interrupted = false;
    try {
      new Thread(task, "zap-flush").start();
      while (true) {
        try {
          task.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (OutOfMemoryError e) {
      throw new IOException("no thread for the flush", e);
    } catch (ExecutionException e) {
      buffered.checkOpen();
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      ReopeningChannel.restore(interrupted);
    }
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
    IOException failure = closing(null, buffered::close);
    failure = closing(failure, witness::close);
    if (direct != null) {
      failure = closing(failure, direct::close);
    }
    if (failure != null) {
      throw new DeviceException("cannot close " + path + ": " + failure, failure);
    }
  }

  private static @Nullable IOException closing(@Nullable IOException earlier, Closing closing) {
    try {
      closing.close();
      return earlier;
    } catch (IOException e) {
      return earlier == null ? e : earlier;
    }
  }

  private @Nullable DirectTransfers direct() {
    return direct == null || direct.isRefused() ? null : direct;
  }

  private void checkWritable() {
    if (readOnly) {
      throw new DeviceException(path + " is open for reading only");
    }
  }

  private long run(String what, ReopeningChannel.Access access) {
    try {
      return buffered.run(access);
    } catch (IOException e) {
      throw failure(what, e);
    }
  }

  /** The failure of a direct transfer: it may be a refusal, or it is thrown. */
  private IOException refusal(DirectTransfers used, String what, IOException e) {
    if (used.works()) {
      throw failure("direct " + what, e);
    }
    return e;
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

  private interface Closing {
    void close() throws IOException;
  }
}
