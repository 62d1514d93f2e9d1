// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.device.IoMode;

/** The option for direct I/O reaches the system; that it works is in the tests of stores. */
class DirectStoreTest {
  /** The system's flag, on x86-64. */
  private static final int O_DIRECT = 040000;

  @TempDir Path directory;

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void theFileIsOpenForDirectIoIfAskedFor() throws IOException {
    try (FileDevice device = FileDevice.open(directory.resolve("probe"), IoMode.DIRECT)) {
      assumeTrue(device.alignmentBytes() > 1, "no direct I/O here");
    }
    Path path = directory.resolve("s");
    for (boolean direct : new boolean[] {false, true}) {
      try (ZapStore store =
          ZapStore.builder().directIo(direct).durability(Durability.NONE).open(path)) {
        store.map("m").put("k", "v");
        store.sync();
        assertEquals(direct ? 1 : 0, directDescriptors(path.resolve("blocks.zap")));
      }
    }
  }

  private static long directDescriptors(Path file) throws IOException {
    long count = 0;
    for (Path descriptor : list(Path.of("/proc/self/fd"))) {
      try {
        if (Files.readSymbolicLink(descriptor).equals(file.toRealPath())) {
          Path info = Path.of("/proc/self/fdinfo").resolve(descriptor.getFileName());
          count += (flags(info) & O_DIRECT) != 0 ? 1 : 0;
        }
      } catch (IOException e) {
        // Another thread's, closed meanwhile.
      }
    }
    return count;
  }

  private static List<Path> list(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.toList();
    }
  }

  private static int flags(Path info) throws IOException {
    for (String line : Files.readAllLines(info)) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring(6).trim(), 8);
      }
    }
    throw new IOException(info + " has no flags");
  }
}
