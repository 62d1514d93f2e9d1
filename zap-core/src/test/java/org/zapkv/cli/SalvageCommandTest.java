// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.ZapStore;

/** salvage, and what else is for stores that are damaged: exit codes and messages. */
class SalvageCommandTest {
  private static final int HEAD_BYTES = 128 * 1024;
  private static final int ENTRIES = 3000;

  @TempDir private Path directory;
  private Path store;
  private Path target;

  @BeforeEach
  void loadStore() {
    store = directory.resolve("store");
    target = directory.resolve("new");
    Cli.runWith(lines(), "load", store, "m").ok();
    Cli.runWith("a\t1\n", "load", "--long", store, "small").ok();
  }

  private static String lines() {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= ENTRIES; i++) {
      text.append("key-").append(i).append("\tvalue of ").append(i).append('\n');
    }
    return text.toString();
  }

  private Path blocks() {
    return store.resolve("blocks.zap");
  }

  private static void assertRefused(Cli.Result result, int exitCode, String message) {
    result.exits(exitCode);
    assertTrue(result.err().matches("zap: [^\n]+\n"), result.err());
    assertTrue(result.err().contains(message), result.err());
    assertEquals("", result.out());
  }

  @Test
  void shouldCopyAStoreThatIsWhole() throws IOException {
    byte[] before = Files.readAllBytes(blocks());
    assertEquals(
        """
        m: 3,000 entries
        small: 1 entries
        recovered 3,001 entries in 2 maps; 0 commits of the intent log
        """,
        Cli.run("salvage", store, target).ok().out());
    Cli.runWith(lines(), "verify", target, "m").ok();
    assertEquals("1\n", Cli.run("get", "--long", target, "small", "a").ok().out());
    assertArrayEquals(before, Files.readAllBytes(blocks()));
  }

  @Test
  void shouldRecoverEverythingWithoutTheHeadAndSayWhatItCannotKnow() throws IOException {
    byte[] content = Files.readAllBytes(blocks());
    Arrays.fill(content, 0, HEAD_BYTES, (byte) 0);
    Files.write(blocks(), content);
    assertRefused(Cli.run("count", store, "m"), ExitCode.UNUSABLE, "no Zap store");
    Cli.Result result = Cli.run("salvage", store, target).exits(ExitCode.DAMAGED);
    assertEquals(
        """
        m: 3,000 entries
        small: 1 entries
        the label is lost, and what it is needed for
        the intent log cannot be used: the commits that are only in it are lost
        recovered 3,001 entries in 2 maps; 0 commits of the intent log
        """,
        result.out());
    Cli.runWith(lines(), "verify", target, "m").ok();
    Cli.run("check", target).ok();
  }

  @Test
  void shouldSayWhatIsLostWithBlocksAndInventNothing() throws IOException {
    byte[] content = Files.readAllBytes(blocks());
    Arrays.fill(content, HEAD_BYTES + (96 << 10), HEAD_BYTES + (128 << 10), (byte) 7);
    Files.write(blocks(), content);
    Cli.Result result = Cli.run("salvage", store, target).exits(ExitCode.DAMAGED);
    assertTrue(result.out().contains(" lost"), result.out());
    String all = lines();
    Cli.run("scan", target, "m")
        .ok()
        .out()
        .lines()
        .forEach(line -> assertTrue(all.contains(line + "\n"), line));
  }

  @Test
  void shouldRefuseWhatItCannotDo() throws IOException {
    Path none = directory.resolve("none");
    assertRefused(Cli.run("salvage", none, target), ExitCode.UNUSABLE, "holds no store");
    assertRefused(Cli.run("salvage", store, store), ExitCode.UNUSABLE, "is a store");
    try (ZapStore opened = ZapStore.open(store)) {
      assertRefused(Cli.run("salvage", store, target), ExitCode.UNUSABLE, "is open already");
      assertEquals(2, opened.mapNames().size());
    }
    assertFalse(Files.exists(target.resolve("blocks.zap")));
    Cli.run("salvage", store).exits(ExitCode.USAGE);
  }

  @Test
  void shouldOpenWithoutTheLogOnlyWhenTold() throws IOException {
    Files.delete(store.resolve("intent.log"));
    for (String command : new String[] {"count", "scan", "rm", "get"}) {
      Object[] words =
          command.equals("rm") || command.equals("get")
              ? new Object[] {command, store, "m", "key-1"}
              : new Object[] {command, store, "m"};
      assertRefused(Cli.run(words), ExitCode.UNUSABLE, "--accept-log-loss");
    }
    assertFalse(Files.exists(store.resolve("intent.log")));
    assertEquals("3000\n", Cli.run("count", "--accept-log-loss", store, "m").ok().out());
    assertFalse(Files.exists(store.resolve("intent.log")), "it was opened for reading");
    Cli.run("put", "--accept-log-loss", store, "m", "key-1", "value of 1").ok();
    Cli.runWith(lines(), "verify", store, "m").ok();
  }
}
