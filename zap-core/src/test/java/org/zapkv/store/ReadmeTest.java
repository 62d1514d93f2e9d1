// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.ChildWatch;
import org.zapkv.cache.testing.DocumentedCode;

/** The README's example is this code, and runs in a bare JVM that prints nothing. */
@Tag("once") // In children, which have no policy.
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
        long total = logins.increment("alan", 1); // or compute, merge, store.transact(...)
        System.out.println(users.getString("ada") + " " + total);
        users.forEach(entry -> System.out.println(entry.keyString()));
      }
      // README: end
    }
  }

  @Test
  void theReadmeHasThisExample() throws IOException {
    Path source = Path.of("src/test/java/org/zapkv/store/ReadmeTest.java");
    String example = DocumentedCode.regions(source, "README").get(0);
    assertTrue(Files.readString(Path.of("../README.md")).contains(example), example);
  }

  /** What of the library a program comes to, on disk and in memory; prints nothing. */
  static final class Silent {
    public static void main(String[] args) {
      try (ZapStore store = ZapStore.open(Path.of("silent"));
          ZapStore memory = ZapStore.inMemory()) {
        use(store);
        use(memory);
      }
      try (ZapStore again = ZapStore.builder().readOnly(true).open(Path.of("silent"))) {
        again.map("m").getString("key 1");
      }
      try (ZapStore direct = ZapStore.builder().directIo(true).open(Path.of("silent"))) {
        direct.map("m").put("key", "value");
      }
    }

    private static void use(ZapStore store) {
      ZapMap map = store.map("m");
      Batch batch = store.batch();
      for (int i = 0; i < 1000; i++) {
        batch.put(map, "key " + i, "value " + i).putLong(map, "long " + i, i);
      }
      batch.put(map, new byte[] {1}, new byte[1 << 20]).commit();
      map.withDurability(Durability.ASYNC).remove("key 1");
      store.map("words").putLong("word", 1);
      map.scanParallel(entry -> entry.key());
      store.scrub(0, (read, total) -> {});
      store.compact((passed, total) -> {});
      store.check((done, total) -> {});
      store.statistics();
      store.sync();
    }
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

  @Test
  void theLibraryPrintsNothing() throws Exception {
    assertEquals("", run(Silent.class, List.of()));
  }

  @Test
  void aJvmWithoutTheFlightRecorderWillDo() throws Exception {
    List<String> options = List.of("--limit-modules", "java.base,java.logging,jdk.unsupported");
    assertEquals("", run(Silent.class, options));
  }

  private void runTheExample(List<String> options) throws Exception {
    String out = run(Example.class, options);
    assertTrue(out.startsWith("Ada Lovelace 2\n"), out);
    assertEquals(3, out.lines().count(), out);
  }

  /** What a program writes to its output; to the other one nothing may be written. */
  private String run(Class<?> program, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    Process child =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(directory.resolve("stderr").toFile())
            .start();
    String out;
    int exitCode;
    try (ChildWatch watch = ChildWatch.of(child)) {
      assertNotNull(watch);
      out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      exitCode = child.waitFor();
    }
    String err = Files.readString(directory.resolve("stderr"));
    assertEquals(0, exitCode, err);
    assertEquals("", err);
    return out;
  }
}
