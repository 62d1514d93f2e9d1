// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.testing.FaultyChannel;
import org.zapkv.cache.device.testing.FaultyChannel.Call;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/** What a flush of {@link FileDevice} is worth when errors and interrupts meet. */
@Tag("once")
final class FlushTest {
  @TempDir Path directory = Path.of(".");

  /**
   * Descriptors as Linux has them: an error of write-back is reported once by each that was open
   * when it came, and by no other.
   */
  private final class Descriptor {
    final AtomicBoolean unseenError = new AtomicBoolean();
    final FaultyChannel channel;

    Descriptor(FileChannel file) {
      channel = new FaultyChannel(file, this::before);
    }

    private int before(Call call, long position, int length) throws IOException {
      if (!channel.isOpen()) {
        throw new ClosedChannelException();
      }
      if (call != Call.FORCE) {
        return length;
      }
      forces.incrementAndGet();
      boolean failed = unseenError.getAndSet(false);
      if (interruptNextForce.getAndSet(false)) {
        channel.close();
        Thread.currentThread().interrupt();
        throw new ClosedByInterruptException();
      }
      if (failed) {
        throw new IOException("Input/output error");
      }
      return length;
    }
  }

  private final List<Descriptor> descriptors = new ArrayList<>();
  private final AtomicBoolean interruptNextForce = new AtomicBoolean();
  private final AtomicInteger forces = new AtomicInteger();
  private FileDevice device = FileDevice.openReadOnly(Path.of("/dev/null"));

  @BeforeEach
  void open() {
    device.close();
    device = FileDevice.open(directory.resolve("blocks"), IoMode.BUFFERED, this::openChannel);
  }

  @AfterEach
  void close() {
    device.close();
  }

  private FileChannel openChannel(Path path, Set<OpenOption> options) throws IOException {
    Descriptor descriptor = new Descriptor(FileChannel.open(path, options));
    descriptors.add(descriptor);
    return descriptor.channel;
  }

  private void failWriteBack() {
    descriptors.forEach(descriptor -> descriptor.unseenError.set(true));
  }

  /** What an interrupted read or write does. */
  private void interruptATransfer() throws IOException {
    descriptors.get(0).channel.close();
    assertEquals(0, device.sizeBytes());
  }

  @Test
  void withoutAnInterruptOneForceIsEnough() {
    device.flush();
    device.flush();
    assertEquals(2, forces.get());
    failWriteBack();
    assertThrows(DeviceException.class, device::flush);
    assertThrows(DeviceException.class, device::flush, "a failed flush is final");
    assertEquals(3, forces.get());
  }

  @Test
  void anErrorBehindAnInterruptIsReported() {
    failWriteBack();
    interruptNextForce.set(true);
    DeviceException e = assertThrows(DeviceException.class, device::flush);
    assertTrue(e.getMessage().contains("Input/output error"), e.getMessage());
    assertTrue(Thread.interrupted(), "the interrupt flag");
    assertThrows(DeviceException.class, device::flush);
  }

  @Test
  void anInterruptAloneIsHarmless() {
    interruptNextForce.set(true);
    device.flush();
    assertTrue(Thread.interrupted(), "the interrupt flag");
    assertEquals(2, forces.get());
    device.flush();
    assertFalse(Thread.interrupted());
  }

  @Test
  void anErrorBeforeAReopeningIsReported() throws IOException {
    failWriteBack();
    interruptATransfer();
    assertThrows(DeviceException.class, device::flush);
  }

  @Test
  void afterAFlushThatSawAllTheNewChannelIsTrusted() throws IOException {
    interruptATransfer();
    device.flush();
    assertEquals(1, forces.get());
    failWriteBack();
    // Only the channel of the transfers reports it now.
    descriptors.get(1).unseenError.set(false);
    assertThrows(DeviceException.class, device::flush);
  }

  @Test
  void closingUnderAFlushIsAnErrorOfItsOwn() throws IOException {
    descriptors.get(0).channel.close();
    descriptors.get(1).channel.close();
    assertThrows(DeviceException.class, device::flush);
    device.close();
    assertThrows(ClosedException.class, device::flush);
  }
}
