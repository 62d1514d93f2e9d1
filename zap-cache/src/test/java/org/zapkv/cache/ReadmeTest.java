// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Children;

/** The README's example is this code, and does what it says; the tests that it names exist. */
final class ReadmeTest {
  private static final Path README = Path.of("README.md");

  /** What a user writes. What lies between pause and resume is for this test alone. */
  static final class Example {
    private Example() {}

    public static void main(String[] args) {
      // README: begin
      BlockSource source = (object, block, at, size) -> NativeMemory.fill(at, size, (byte) block);
      try (BufferCache cache = BufferCache.builder().budgetBytes(16L << 20).build()) {
        Buffer buffer = cache.hold(source, 1, 42, 16384, "me"); // pinned until released
        System.out.println("the first byte: " + NativeMemory.getByte(buffer.address()));
        buffer.setUser(() -> System.out.println("evicted with its block"));
        buffer.release("me");
        LongStream.range(0, 2000).forEach(n -> cache.hold(source, 2, n, 16384, "a").release("a"));
        // README: pause
        System.out.println("closing");
        // README: resume
      }
      // README: end
    }
  }

  @Test
  void theReadmeHasThisExample() throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("src/test/java/org/zapkv/cache/ReadmeTest.java"));
    boolean[] in = new boolean[1];
    String example =
        lines.stream()
            .filter(
                line -> {
                  if (line.matches(" *// README: .*")) {
                    in[0] = line.endsWith("begin") || line.endsWith("resume");
                    return false;
                  }
                  return in[0];
                })
            .collect(Collectors.joining("\n"))
            .stripIndent();
    assertEquals(8, example.lines().count(), example);
    assertTrue(Files.readString(README).contains("```java\n" + example + "\n```"), example);
  }

  @Test
  void theExampleEvictsTheUserWithItsBlock(@TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    Path error = directory.resolve("error");
    ProcessBuilder child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Example.class.getName())
            .redirectOutput(output.toFile())
            .redirectError(error.toFile());
    int exit = Children.run(child, () -> output + " and " + error);
    assertEquals(
        List.of("the first byte: 42", "evicted with its block", "closing"),
        Files.readAllLines(output));
    assertEquals(0, exit);
  }

  @Test
  void theTestsThatItNamesExist() throws IOException {
    Matcher names =
        Pattern.compile("\\b([A-Z]\\w*(?:Test|Contract|Benchmark))\\b")
            .matcher(Files.readString(README));
    List<String> present = new ArrayList<>();
    for (String folder : List.of("src", "../zap-core/src", "../zap-bench/src")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        files.map(path -> String.valueOf(path.getFileName())).forEach(present::add);
      }
    }
    names
        .results()
        .map(result -> result.group(1) + ".java")
        .forEach(name -> assertTrue(present.contains(name), name));
  }
}
