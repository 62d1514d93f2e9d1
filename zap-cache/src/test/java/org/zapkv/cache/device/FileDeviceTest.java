// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFullException;

/** {@link FileDevice} as a device, and what only files have. */
final class FileDeviceTest extends BlockDeviceContract {
  @TempDir Path directory = Path.of(".");

  private final List<FileChannel> opened = new CopyOnWriteArrayList<>();

  @Override
  protected BlockDevice create() {
    return FileDevice.open(
        directory.resolve("blocks"),
        IoMode.BUFFERED,
        (path, options) -> {
          FileChannel channel = FileChannel.open(path, options);
          opened.add(channel);
          return channel;
        });
  }

  @Test
  void anotherDeviceFindsWhatWasWritten() {
    write(10, (byte) 1, (byte) 2);
    device.flush();
    device.close();
    device = FileDevice.openReadOnly(directory.resolve("blocks"));
    assertArrayEquals(new byte[] {1, 2}, read(10, 2));
    device.flush();
    assertThrows(DeviceException.class, () -> write(0, (byte) 1));
    assertThrows(DeviceException.class, () -> device.truncate(0));
    Thread.currentThread().interrupt();
    assertArrayEquals(new byte[] {1, 2}, read(10, 2));
    assertTrue(Thread.interrupted());
  }

  @Test
  void whatCannotBeOpenedIsAnErrorWithThePath() {
    Path missing = directory.resolve("none").resolve("blocks");
    DeviceException e = assertThrows(DeviceException.class, () -> FileDevice.open(missing));
    assertTrue(e.getMessage().contains(missing.toString()), e.getMessage());
    assertThrows(DeviceException.class, () -> FileDevice.openReadOnly(directory.resolve("no")));
  }

  /** Here the flag is set while the thread is inside the channel, by another thread. */
  @Test
  void interruptsFromOutsideDoNoHarm() throws Exception {
    int workers = 3;
    Thread[] threads = new Thread[workers];
    AtomicBoolean[] finished = new AtomicBoolean[workers];
    for (int i = 0; i < workers; i++) {
      finished[i] = new AtomicBoolean();
    }
    write(0, new byte[1 << 20]);
    Seeds.run(
        seed ->
            Threads.run(
                workers + 1,
                index -> {
                  if (index == workers) {
                    interruptUntilDone(threads, finished, new Random(seed));
                    return;
                  }
                  synchronized (threads) {
                    threads[index] = Thread.currentThread();
                  }
                  try {
                    Random random = new Random(seed + index);
                    byte[] mine = new byte[8192];
                    for (int i = 0; i < 4000; i++) {
                      random.nextBytes(mine);
                      write(index * 8192L, mine);
                      assertArrayEquals(mine, read(index * 8192L, 8192));
                    }
                  } finally {
                    finished[index].set(true);
                  }
                }));
    assertEquals(1 << 20, device.sizeBytes());
  }

  private static void interruptUntilDone(
      Thread[] threads, AtomicBoolean[] finished, Random random) {
    int next = 0;
    while (!finished[0].get() || !finished[1].get() || !finished[2].get()) {
      Thread victim;
      synchronized (threads) {
        victim = threads[next];
      }
      if (victim != null && !finished[next].get()) {
        victim.interrupt();
      }
      next = (next + 1) % threads.length;
      for (int spin = random.nextInt(2000); spin > 0; spin--) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aReplacedFileIsNotWrittenInto() throws IOException {
    write(0, (byte) 1);
    Path blocks = directory.resolve("blocks");
    Files.move(blocks, directory.resolve("moved"));
    Files.write(blocks, new byte[] {7, 7, 7});
    opened.get(0).close();
    assertThrows(DeviceException.class, () -> write(0, (byte) 2));
    assertArrayEquals(new byte[] {7, 7, 7}, Files.readAllBytes(blocks));
  }

  @Test
  void closingUnderIoIsAnErrorForTheOthers() throws Exception {
    write(0, new byte[1 << 16]);
    Threads.run(
        3,
        index -> {
          if (index == 2) {
            device.close();
            return;
          }
          assertThrows(
              ClosedException.class,
              () -> {
                // Until it is closed, however late that may be.
                while (true) {
                  read(0, 1 << 16);
                }
              });
        });
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsItsOwnError() {
    device.close();
    device = FileDevice.open(Path.of("/dev/full"));
    assertThrows(StoreFullException.class, () -> write(0, new byte[4096]));
  }
}
