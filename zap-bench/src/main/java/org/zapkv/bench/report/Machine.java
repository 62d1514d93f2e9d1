// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says what the figures were measured on. */
public final class Machine {
  private static final long KIB_PER_GIB = 1 << 20;

  private Machine() {}

  /**
   * One sentence.
   *
   * @param directory where the stores are
   * @return processor, memory, systems
   * @throws IOException if the system does not say
   */
  public static String describe(Path directory) throws IOException {
    FileStore store = Files.getFileStore(directory);
    long memoryGib =
        Long.parseLong(value(Path.of("/proc/meminfo"), "MemTotal:").replace(" kB", ""))
            / KIB_PER_GIB;
    return value(Path.of("/proc/cpuinfo"), "model name")
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors, "
        + memoryGib
        + " GiB; Linux "
        + System.getProperty("os.version")
        + "; "
        + store.type()
        + " on "
        + store.name()
        + "; JDK "
        + Runtime.version();
  }

  private static String value(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name)) {
        return line.substring(name.length()).replaceFirst("^[\\s:]+", "");
      }
    }
    return "?";
  }
}
