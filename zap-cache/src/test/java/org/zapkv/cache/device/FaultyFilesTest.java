// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.device.testing.FaultyChannel.Faults;
import org.zapkv.cache.testing.Seeds;

/** A file is a device like any other, too, where the system stops short all the time. */
final class FaultyFilesTest extends BlockDeviceContract {
  @TempDir Path directory = Path.of(".");

  private final AtomicInteger stopped = new AtomicInteger();

  @Override
  protected BlockDevice create() {
    return open(IoMode.DIRECT, 1);
  }

  private FileDevice open(IoMode mode, long seed) {
    Faults shorter = FaultyFiles.shortTransfers(seed);
    return FaultyFiles.open(
        directory.resolve("blocks"),
        mode,
        (call, position, lengthBytes) -> {
          int allowed = shorter.before(call, position, lengthBytes);
          stopped.addAndGet(allowed < lengthBytes ? 1 : 0);
          return allowed;
        });
  }

  @ParameterizedTest
  @EnumSource(IoMode.class)
  void whatStopsShortGoesOn(IoMode mode) throws Exception {
    Seeds.run(
        seed -> {
          device.close();
          device = open(mode, seed);
          byte[] bytes = new byte[100_000];
          new Random(seed).nextBytes(bytes);
          for (int at = 0; at < 5; at++) {
            write(at, bytes);
            assertArrayEquals(bytes, read(at, bytes.length));
          }
          assertTrue(stopped.get() >= 10, "transfers that stopped short: " + stopped);
        });
  }
}
