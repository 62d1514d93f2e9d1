// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** The README's example is this code, and runs in a bare JVM that prints nothing. */
class ReadmeTest {
  @TempDir Path directory;

  /** What a user writes; the child process runs it in its working directory. */
  static final class Example {
    public static void main(String[] args) {
      // README: begin
      try (ZapStore store = ZapStore.open(Path.of("my-store"))) {
        ZapMap users = store.map("users");
        ZapMap logins = store.map("logins");
        users.put("ada", "Ada Lovelace");
        store.batch().put(users, "alan", "Alan Turing").putLong(logins, "alan", 1).commit();
        System.out.println(users.getString("ada") + " " + logins.getLong("alan").getAsLong());
        users.forEach(entry -> System.out.println(entry.keyString()));
      }
      // README: end
    }
  }

  @Test
  void theReadmeHasThisExample() throws IOException {
    Path source = Path.of("src/test/java/org/zapkv/store/ReadmeTest.java");
    String text = Files.readString(source);
    int begin = text.indexOf("// README: begin\n") + "// README: begin\n".length();
    String example = text.substring(begin, text.indexOf("\n      // README: end")).stripIndent();
    assertTrue(Files.readString(Path.of("../README.md")).contains(example), example);
  }

  @Test
  void theExampleRunsInABareJvm() throws Exception {
    runTheExample(List.of());
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void theExampleRunsWhereUnsafeIsDenied() throws Exception {
    runTheExample(List.of("--sun-misc-unsafe-memory-access=deny"));
  }

  private void runTheExample(List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Example.class.getName()));
    Process child =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(directory.resolve("stderr").toFile())
            .start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(child.waitFor(60, TimeUnit.SECONDS));
    String err = Files.readString(directory.resolve("stderr"));
    assertEquals(0, child.exitValue(), err);
    assertTrue(out.startsWith("Ada Lovelace 1\n"), out);
    assertEquals(3, out.lines().count(), out);
    assertEquals("", err);
  }
}
