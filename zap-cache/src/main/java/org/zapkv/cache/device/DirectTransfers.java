// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/**
 * The transfers of a file that go past the page cache. Each says how many bytes it moved: what it
 * leaves is for the buffered channel. Any thread.
 */
final class DirectTransfers {
  /*
   * Implementation notes
   *
   * Offset, length and address of a direct transfer must be multiples of the file system's block
   * size. Callers need not care:
   *
   *   write  |..head..|======= whole pages =======|..tail..|     head and tail: buffered
   *   read   |--------======= superset ==========----------|     through a bounce buffer
   *
   * Where the memory is not aligned, or not in step with the file, the bytes go through a bounce
   * buffer, in pieces.
   *
   * A file with dirty pages in the page cache and direct I/O at the same time: Linux writes dirty
   * pages of the range back before a direct transfer, and drops the pages of the range before and
   * after a direct write; ext4, XFS and Btrfs exclude buffered writes of the file meanwhile. What
   * remains is a page that one thread writes directly and another buffered, at the same time. There
   * is none: only whole pages are written directly, so every byte of such a page is in that one
   * write, and two writes of the same bytes at the same time are a mistake of their owner. That is
   * why the unit here is never less than a page, whatever the block size is. A direct read of a
   * page whose other bytes a neighbour is writing sees its own bytes: they were written before.
   *
   * A transfer that ends between blocks (the end of the file, or the system stopped early) cannot
   * go on directly: its rest is left to the buffered channel, which also finds the end exactly.
   *
   * Some file systems refuse at open, some at the first transfer, with texts that depend on the
   * language of the system. So the texts do not matter: until one direct transfer has succeeded,
   * any failure is taken for a refusal, and the buffered transfer that follows decides. From then
   * on a failure is a failure.
   */
  private static final System.Logger LOGGER = System.getLogger(DirectTransfers.class.getName());

  private static final String OPTIONS = "com.sun.nio.file.ExtendedOpenOption";

  private enum Verdict {
    OPEN,
    WORKS,
    REFUSED
  }

  private final Path path;
  private final ReopeningChannel channel;
  private final int unitBytes;
  private final BounceBuffers bounces;
  private final AtomicReference<Verdict> verdict = new AtomicReference<>(Verdict.OPEN);

  private DirectTransfers(Path path, ReopeningChannel channel, int unitBytes) {
    this.path = path;
    this.channel = channel;
    this.unitBytes = unitBytes;
    this.bounces = new BounceBuffers(unitBytes);
  }

  /** Opens an existing file; null, and a line in the log, where that is refused. */
  static @Nullable DirectTransfers open(Path path, boolean readOnly, ChannelOpener opener) {
    OpenOption option = option();
    if (option == null) {
      logRefusal(path, "this JDK has no " + OPTIONS);
      return null;
    }
    Set<OpenOption> options =
        readOnly
            ? Set.of(StandardOpenOption.READ, option)
            : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, option);
    try {
      long blockBytes = Files.getFileStore(path).getBlockSize();
      long unitBytes = Math.max(blockBytes, NativeMemory.pageBytes());
      if (Long.bitCount(unitBytes) != 1 || unitBytes > BounceBuffers.SIZE_BYTES) {
        logRefusal(path, "its block size is " + blockBytes);
        return null;
      }
      return new DirectTransfers(
          path, new ReopeningChannel(path, options, opener), (int) unitBytes);
    } catch (IOException | UnsupportedOperationException e) {
      logRefusal(path, e.toString());
      return null;
    }
  }

  /** Not named in the code, so that a JDK without it is none the worse. */
  private static @Nullable OpenOption option() {
    try {
      for (Object constant : Class.forName(OPTIONS).getEnumConstants()) {
        if (constant instanceof OpenOption option && constant.toString().equals("DIRECT")) {
          return option;
        }
      }
    } catch (ClassNotFoundException e) {
      return null;
    }
    return null;
  }

  private static void logRefusal(Path path, String reason) {
    LOGGER.log(Level.INFO, "{0}: no direct I/O, buffered instead: {1}", path, reason);
  }

  int unitBytes() {
    return unitBytes;
  }

  boolean isRefused() {
    return verdict.get() == Verdict.REFUSED;
  }

  /** Whether one has succeeded; until then a failure may be a refusal. */
  boolean works() {
    return verdict.get() == Verdict.WORKS;
  }

  /** The buffered transfer was well where the direct one failed: no direct I/O from now on. */
  void refuse(IOException reason) {
    if (verdict.compareAndSet(Verdict.OPEN, Verdict.REFUSED)) {
      logRefusal(path, reason.toString());
    }
  }

  void close() throws IOException {
    channel.close();
  }

  long roundUp(long bytes) {
    return (bytes + unitBytes - 1) & -unitBytes;
  }

  long roundDown(long bytes) {
    return bytes & -unitBytes;
  }

  /** Reads, from any offset to any address; gives how many bytes are there. */
  int read(long offsetBytes, long address, int lengthBytes) throws IOException {
    if (((offsetBytes | address | lengthBytes) & (unitBytes - 1)) == 0) {
      return readUnits(offsetBytes, NativeMemory.view(address, lengthBytes));
    }
    ByteBuffer bounce = bounces.take();
    if (bounce == null) {
      return 0;
    }
    try {
      int done = 0;
      while (done < lengthBytes) {
        long from = roundDown(offsetBytes + done);
        int before = (int) (offsetBytes + done - from);
        int wanted = Math.min(lengthBytes - done, bounce.capacity() - before);
        int found = readUnits(from, bounce.slice(0, (int) roundUp(before + wanted)));
        int usable = Math.min(wanted, found - before);
        if (usable > 0) {
          NativeMemory.view(address + done, usable).put(bounce.slice(before, usable));
          done += usable;
        }
        if (usable < wanted) {
          break;
        }
      }
      return done;
    } finally {
      bounces.giveBack(bounce);
    }
  }

  /** Writes whole units from any address; gives how many bytes are written. */
  int write(long offsetBytes, long address, int lengthBytes) throws IOException {
    if ((address & (unitBytes - 1)) == 0) {
      return writeUnits(offsetBytes, NativeMemory.view(address, lengthBytes));
    }
    ByteBuffer bounce = bounces.take();
    if (bounce == null) {
      return 0;
    }
    try {
      int done = 0;
      while (done < lengthBytes) {
        int length = Math.min(lengthBytes - done, bounce.capacity());
        ByteBuffer piece = bounce.slice(0, length);
        piece.put(NativeMemory.view(address + done, length)).flip();
        int written = writeUnits(offsetBytes + done, piece);
        done += written;
        if (written < length) {
          break;
        }
      }
      return done;
    } finally {
      bounces.giveBack(bounce);
    }
  }

  private int readUnits(long offsetBytes, ByteBuffer target) throws IOException {
    return transfer(target, (file, part) -> file.read(part, offsetBytes + part.position()));
  }

  private int writeUnits(long offsetBytes, ByteBuffer source) throws IOException {
    return transfer(source, (file, part) -> file.write(part, offsetBytes + part.position()));
  }

  private int transfer(ByteBuffer buffer, Step step) throws IOException {
    long moved =
        channel.run(
            file -> {
              ByteBuffer part = buffer.duplicate();
              boolean goesOn = true;
              while (goesOn && part.hasRemaining()) {
                int count = step.run(file, part);
                goesOn = count > 0 && (count & (unitBytes - 1)) == 0;
              }
              return part.position();
            });
    if (moved > 0 && verdict.get() == Verdict.OPEN) {
      verdict.compareAndSet(Verdict.OPEN, Verdict.WORKS);
    }
    return (int) moved;
  }

  private interface Step {
    int run(FileChannel file, ByteBuffer part) throws IOException;
  }
}
