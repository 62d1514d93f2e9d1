// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Children;

/** Using the cache in a bare JVM prints nothing, needs no flag, and changes nothing global. */
@Tag("once")
final class QuietStartTest {
  @Test
  void aBareJvmStaysQuiet(@TempDir Path directory) throws Exception {
    runQuietly(directory, List.of());
  }

  /** JDK 23 knows the option, and 24 is the first that warns without it. */
  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void aJvmThatDeniesUnsafeStaysQuiet(@TempDir Path directory) throws Exception {
    runQuietly(directory, List.of("--sun-misc-unsafe-memory-access=deny"));
  }

  private static void runQuietly(Path directory, List<String> options) throws Exception {
    // Chronicle's own start would read this file into the system properties.
    Files.writeString(directory.resolve("system.properties"), "zap.quiet.trap=1\n");
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", classPathOfUsers(), Child.class.getName()));
    command.add(directory.resolve("blocks").toString());
    ProcessBuilder child =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    int exit = Children.run(child, () -> out + " and " + err);
    assertEquals(List.of(), Files.readAllLines(err));
    assertEquals(List.of(), Files.readAllLines(out));
    assertEquals(0, exit);
  }

  /** What a user of the module has: nothing that only the tests bring, such as SLF4J. */
  private static String classPathOfUsers() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            entry ->
                !entry.matches(
                    ".*(slf4j|archunit|junit|zero-allocation|opentest4j|apiguardian|jcstress|jopt|jna).*"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** What runs in the child. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) throws IOException {
      Properties before = (Properties) System.getProperties().clone();
      try (FileDevice device = FileDevice.open(Path.of(args[0]));
          BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build()) {
        for (int block = 0; block < 2000; block++) {
          Buffer buffer = cache.holdForFill(1, block, 4096, "write");
          NativeMemory.fill(buffer.address(), 4096, (byte) block);
          buffer.fillDone();
          device.write(block * 4096L, buffer.address(), 4096);
          buffer.release("write");
        }
        device.flush();
        for (int block = 0; block < 2000; block++) {
          Buffer buffer =
              cache.hold(
                  (object, id, address, size) -> device.read(id * size, address, size),
                  1,
                  block,
                  4096,
                  "read");
          if (NativeMemory.getByte(buffer.address() + 4095) != (byte) block) {
            throw new AssertionError("block " + block);
          }
          buffer.release("read");
        }
      }
      if (!before.equals(System.getProperties())) {
        throw new AssertionError("system properties were changed");
      }
    }
  }
}
