// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.testing.FaultyChannel;
import org.zapkv.cache.device.testing.FaultyChannel.Call;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.StoreFullException;

/** {@link FileDevice} past the page cache; where the file system refuses, most is still tested. */
final class DirectFileDeviceTest extends BlockDeviceContract {
  private static final int UNIT = 4096;

  @TempDir Path directory = Path.of(".");

  /** The direct transfers that were begun: "READ offset+length". */
  private final List<String> directCalls = Collections.synchronizedList(new ArrayList<>());

  private FaultyChannel.Faults directFaults = (call, position, length) -> length;

  @Override
  protected BlockDevice create() {
    return FileDevice.open(directory.resolve("blocks"), IoMode.DIRECT, this::openChannel);
  }

  private FileChannel openChannel(Path path, java.util.Set<java.nio.file.OpenOption> options)
      throws IOException {
    FileChannel channel = FileChannel.open(path, options);
    if (options.stream().noneMatch(option -> option.toString().equals("DIRECT"))) {
      return channel;
    }
    return new FaultyChannel(
        channel,
        (call, position, length) -> {
          directCalls.add(call + " " + position + "+" + length);
          return directFaults.before(call, position, length);
        });
  }

  private void assumeDirect() {
    assumeTrue(device.alignmentBytes() == UNIT, "no direct I/O here, or other pages");
    write(0, new byte[UNIT]);
    assumeTrue(device.alignmentBytes() == UNIT, "no direct I/O here");
    device.truncate(0);
    directCalls.clear();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void wholePagesGoDirectAndTheRestDoesNot() {
    assumeDirect();
    byte[] bytes = random(5 * UNIT);
    write(UNIT, bytes);
    assertEquals(List.of("WRITE 4096+20480"), directCalls);
    assertArrayEquals(bytes, read(UNIT, 5 * UNIT));
    assertEquals("READ 4096+20480", directCalls.get(1));
    directCalls.clear();
    // From 100 in page 0 to 300 in page 5; whole are 1 to 4.
    write(100, Arrays.copyOf(bytes, 5 * UNIT + 200 - 100));
    assertEquals(List.of("WRITE 4096+16384"), directCalls);
    directCalls.clear();
    assertArrayEquals(Arrays.copyOfRange(bytes, 400, 900), read(500, 500));
    assertEquals(List.of("READ 0+4096"), directCalls);
    directCalls.clear();
    write(10, (byte) 1);
    assertEquals(List.of(), directCalls);
  }

  /** A neighbour's bytes in the same page are written through the page cache, and not lost. */
  @Test
  void partsOfPagesAndWholePagesDoNotHarmEachOther() throws Exception {
    Seeds.run(
        seed -> {
          Random random = new Random(seed);
          byte[] model = new byte[64 * UNIT];
          write(0, model);
          for (int i = 0; i < 3000; i++) {
            int from = random.nextInt(model.length / 512) * 512;
            int length = Math.min(model.length - from, (1 + random.nextInt(40)) * 512);
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            write(from, bytes);
            System.arraycopy(bytes, 0, model, from, length);
            int at = random.nextInt(model.length - 512);
            assertArrayEquals(Arrays.copyOfRange(model, at, at + 512), read(at, 512));
          }
          assertArrayEquals(model, read(0, model.length));
        });
  }

  @Test
  void largeUnalignedTransfersGoInPieces() {
    assumeDirect();
    byte[] bytes = random(1 << 20);
    write(512, bytes);
    assertTrue(directCalls.size() >= 4, directCalls::toString);
    assertArrayEquals(bytes, read(512, 1 << 20));
    assertArrayEquals(Arrays.copyOfRange(bytes, 1, 1 << 20), read(513, (1 << 20) - 1));
  }

  @Test
  void theEndOfTheFileIsFoundExactly() {
    write(0, random(3 * UNIT + 77));
    assertEquals(3 * UNIT + 77, read(0, 3 * UNIT + 77).length);
    assertEquals(77, read(3 * UNIT, 77).length);
    EndOfDeviceException e = assertThrows(EndOfDeviceException.class, () -> read(UNIT, 3 * UNIT));
    assertTrue(e.getMessage().endsWith("found=" + (2 * UNIT + 77)), e.getMessage());
    assertThrows(EndOfDeviceException.class, () -> read(UNIT + 5, 3 * UNIT));
    assertThrows(EndOfDeviceException.class, () -> read(8 * UNIT, UNIT));
  }

  @Test
  void aShortTransferIsFinished() {
    assumeDirect();
    byte[] bytes = random(8 * UNIT);
    for (int allowed : new int[] {UNIT, 2 * UNIT}) {
      directFaults = (call, position, length) -> Math.min(length, allowed);
      write(512, bytes);
      assertArrayEquals(bytes, read(512, bytes.length));
      write(UNIT, bytes);
      assertArrayEquals(bytes, read(UNIT, bytes.length));
      assertTrue(directCalls.size() > 16 / (allowed / UNIT), directCalls::toString);
    }
  }

  /** The JDK's own direct channel does not let a test ask for half a page: it is pretended. */
  @Test
  void aTransferThatStopsWithinAPageIsFinishedThroughThePageCache() throws IOException {
    Path path = directory.resolve("short");
    AtomicInteger unaligned = new AtomicInteger();
    ChannelOpener opener =
        (file, options) -> {
          boolean isDirect = options.stream().anyMatch(o -> o.toString().equals("DIRECT"));
          java.util.Set<java.nio.file.OpenOption> plain = new java.util.HashSet<>(options);
          plain.removeIf(option -> option.toString().equals("DIRECT"));
          FileChannel channel = FileChannel.open(file, plain);
          return !isDirect
              ? channel
              : new FaultyChannel(
                  channel,
                  (call, position, length) -> {
                    unaligned.addAndGet((int) ((position | length) & (UNIT - 1)));
                    return Math.min(length, UNIT + 700);
                  });
        };
    device.close();
    device = FileDevice.open(path, IoMode.DIRECT, opener);
    byte[] bytes = random(8 * UNIT);
    write(0, bytes);
    assertArrayEquals(bytes, java.nio.file.Files.readAllBytes(path));
    assertArrayEquals(bytes, read(0, bytes.length));
    write(300, bytes);
    assertArrayEquals(bytes, read(300, bytes.length));
    assertEquals(0, unaligned.get(), "what went to the direct channel");
  }

  @Test
  void aRefusalAtOpenIsLoggedOnce() throws Exception {
    List<LogRecord> log =
        logOf(
            () -> {
              device =
                  FileDevice.open(
                      directory.resolve("refused"),
                      IoMode.DIRECT,
                      (path, options) -> {
                        if (options.stream().anyMatch(o -> o.toString().equals("DIRECT"))) {
                          throw new UnsupportedOperationException("no such option");
                        }
                        return FileChannel.open(path, options);
                      });
              write(0, random(3 * UNIT));
              assertArrayEquals(random(3 * UNIT), read(0, 3 * UNIT));
            });
    assertEquals(1, log.size(), log::toString);
    assertEquals(Level.INFO, log.get(0).getLevel());
    assertEquals(1, device.alignmentBytes());
  }

  @Test
  void aRefusalOfTheFirstTransferIsLoggedOnceAndRepeatedBuffered() throws Exception {
    directFaults =
        (call, position, length) -> {
          throw new IOException("Ungültiges Argument");
        };
    device.close();
    List<LogRecord> log =
        logOf(
            () -> {
              device =
                  FileDevice.open(directory.resolve("refused"), IoMode.DIRECT, this::openChannel);
              for (int i = 0; i < 3; i++) {
                write(i * 512L, random(3 * UNIT));
                assertArrayEquals(random(3 * UNIT), read(i * 512L, 3 * UNIT));
              }
            });
    assertEquals(1, log.size(), log::toString);
    assertTrue(directCalls.size() <= 1, directCalls::toString);
    assertEquals(1, device.alignmentBytes());
  }

  @Test
  void aRefusalOfTheFirstReadToo() throws Exception {
    write(10, random(100));
    device.close();
    directFaults =
        (call, position, length) -> {
          throw new IOException("Invalid argument");
        };
    device = FileDevice.open(directory.resolve("blocks"), IoMode.DIRECT, this::openChannel);
    directCalls.clear();
    List<LogRecord> log =
        logOf(
            () -> {
              assertArrayEquals(random(100), read(10, 100));
              assertArrayEquals(random(100), read(10, 100));
            });
    assertEquals(directCalls.size(), log.size(), log::toString);
    assertTrue(directCalls.size() <= 1, directCalls::toString);
    assertEquals(1, device.alignmentBytes());
  }

  @Test
  void aLaterFailureIsAFailure() {
    assumeDirect();
    write(0, random(4 * UNIT));
    directFaults =
        (call, position, length) -> {
          throw new IOException(
              call == Call.READ ? "Input/output error" : "No space left on device");
        };
    assertThrows(DeviceException.class, () -> read(0, UNIT));
    assertThrows(StoreFullException.class, () -> write(0, new byte[UNIT]));
    directFaults = (call, position, length) -> length;
    assertArrayEquals(random(4 * UNIT), read(0, 4 * UNIT));
    assertEquals(UNIT, device.alignmentBytes());
  }

  /** A full disk met by the very first transfer is a full disk, and not a refusal. */
  @Test
  void aFirstTransferThatFailsBothWaysIsAnError() {
    FaultyChannel.Faults full =
        (call, position, length) -> {
          throw new IOException("No space left on device");
        };
    device.close();
    device =
        FileDevice.open(
            directory.resolve("full"),
            IoMode.DIRECT,
            (path, options) -> new FaultyChannel(FileChannel.open(path, options), full));
    int alignment = device.alignmentBytes();
    assertThrows(StoreFullException.class, () -> write(0, new byte[2 * UNIT]));
    assertEquals(alignment, device.alignmentBytes());
  }

  @Test
  void readOnlyToo() {
    byte[] bytes = random(2 * UNIT + 9);
    write(0, bytes);
    device.close();
    device = FileDevice.openReadOnly(directory.resolve("blocks"), IoMode.DIRECT);
    assertArrayEquals(bytes, read(0, bytes.length));
    assertThrows(DeviceException.class, () -> write(0, (byte) 1));
  }

  private interface Body {
    void run() throws Exception;
  }

  private static List<LogRecord> logOf(Body body) throws Exception {
    List<LogRecord> records = Collections.synchronizedList(new ArrayList<>());
    Logger logger = Logger.getLogger("org.zapkv.cache.device");
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            records.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      body.run();
    } finally {
      logger.setUseParentHandlers(true);
      logger.removeHandler(handler);
    }
    return records;
  }
}
