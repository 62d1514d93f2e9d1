// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once") // In children, which have no policy.
class DemoCommandTest {
  @TempDir private Path directory;

  private Path makeFiles(int count) throws IOException {
    Path files = Files.createDirectory(directory.resolve("files"));
    Path inner = Files.createDirectory(files.resolve("with tab\there"));
    Files.writeString(inner.resolve("ünïcode"), "x".repeat(12_345));
    for (int i = 1; i < count; i++) {
      Files.createFile(files.resolve("file" + i));
    }
    return files;
  }

  @Test
  void shouldLoadTheFilesAndVerifyThemInANewProcess() throws IOException {
    Path files = makeFiles(2100);
    Path store = directory.resolve("store");
    Cli.Result result = Cli.run("demo", "--store", store, files).ok();
    for (String part :
        new String[] {
          "micro, one block",
          "2,048  becomes fat: micro is full",
          "fat, ",
          "2,100 files listed and stored",
          "verified 2,100 entries: all as expected",
          "no problems",
          "files, fat",
          "Done: what was loaded is what came back."
        }) {
      assertTrue(result.out().contains(part), () -> part + " in " + result.out());
    }
    assertEquals("", result.err());
    String key = "with tab\there/ünïcode";
    assertEquals("12345\n", Cli.run("get", "--long", store, "files", key).ok().out());
    assertEquals("2100\n", Cli.run("count", store, "files").ok().out());
  }

  @Test
  void shouldRemoveATemporaryStore() throws IOException {
    Cli.Result result = Cli.run("demo", makeFiles(3)).ok();
    Matcher place = Pattern.compile("of a new store, (.*)\\.\n").matcher(result.out());
    assertTrue(place.find(), result.out());
    assertFalse(Files.exists(Path.of(place.group(1)).getParent()));
    assertTrue(result.out().contains("3  micro"), result.out());
  }

  @Test
  void shouldRefuseAStoreInUseAndADirectoryThatIsNone() throws IOException {
    Path store = directory.resolve("store");
    Cli.run("put", store, "m", "k", "v").ok();
    Cli.Result used = Cli.run("demo", "--store", store, makeFiles(2)).exits(ExitCode.NO);
    assertTrue(used.err().contains("has maps already"), used.err());
    Cli.run("demo", directory.resolve("nothing")).exits(ExitCode.USAGE);
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Cli.run("demo", empty).exits(ExitCode.NO);
  }

  @Test
  void shouldFailWhenAnEntryIsNotAsItWasLoaded() throws IOException {
    Path files = makeFiles(3);
    Path store = directory.resolve("store");
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            InputStream.nullInputStream(),
            stream,
            new PrintStream(stream, true),
            () -> false,
            () -> false);
    Demo.Runner tampering =
        args -> {
          Cli.run("put", "--long", store, "files", "file1", 1).ok();
          Cli.Result result = Cli.run((Object[]) args);
          streams.out().print(result.out());
          return result.exitCode();
        };
    int exitCode = new Demo(streams, files, store, directory, tampering).run();
    streams.out().flush();
    String text = stream.toString(StandardCharsets.UTF_8);
    assertEquals(ExitCode.NO, exitCode, text);
    assertTrue(text.contains("the value in the map is 1, not 0"), text);
    assertTrue(text.contains("Something differs."), text);
  }

  @Test
  void shouldPassOnWhatAProcessSaysAndItsExitCode() throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    Output out = new Output(stream);
    Path store = directory.resolve("nothing");
    assertEquals(ExitCode.UNUSABLE, new ChildProcess(out).run("count", store.toString(), "m"));
    out.flush();
    String text = stream.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("   zap: " + store), text);
    assertTrue(text.contains("ended with exit code 3)"), text);
  }
}
