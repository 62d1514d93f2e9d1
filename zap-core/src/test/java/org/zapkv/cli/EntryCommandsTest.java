// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.ZapMap;

/** get, put, rm, count, maps. */
class EntryCommandsTest {
  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void nameStore() {
    store = directory.resolve("store");
  }

  @Test
  void shouldGetWhatWasPut() {
    Cli.run("put", store, "m", "key", "some value").ok();
    Cli.Result result = Cli.run("get", store, "m", "key").ok();
    assertEquals("some value\n", result.out());
    assertEquals("", result.err());
  }

  @Test
  void shouldReplaceAndRemove() {
    Cli.run("put", store, "m", "key", "one").ok();
    Cli.run("put", store, "m", "key", "two").ok();
    assertEquals("two\n", Cli.run("get", store, "m", "key").ok().out());
    assertEquals("1\n", Cli.run("count", store, "m").ok().out());
    Cli.run("rm", store, "m", "key").ok();
    assertEquals("0\n", Cli.run("count", store, "m").ok().out());
    assertEquals(
        "zap: no key \"key\" in map \"m\" of " + store + "\n",
        Cli.run("get", store, "m", "key").exits(ExitCode.NO).err());
    Cli.run("rm", store, "m", "key").exits(ExitCode.NO);
  }

  @Test
  void shouldDropRenameAndClearMaps() {
    Cli.run("put", store, "m", "key", "one").ok();
    Cli.run("put", store, "other", "key", "two").ok();
    Cli.run("rename", store, "m", "other").exits(ExitCode.NO);
    Cli.run("rename", store, "none", "n").exits(ExitCode.NO);
    Cli.run("rename", store, "m", "").exits(ExitCode.USAGE);
    assertEquals("", Cli.run("rename", store, "m", "n").ok().out());
    assertEquals("one\n", Cli.run("get", store, "n", "key").ok().out());
    Cli.run("clear", store, "m").exits(ExitCode.NO);
    Cli.run("clear", store, "n").ok();
    assertEquals("0\n", Cli.run("count", store, "n").ok().out());
    Cli.run("drop", store, "m").exits(ExitCode.NO);
    Cli.run("drop", store, "n").ok();
    assertEquals("other\n", Cli.run("maps", store).ok().out());
    Cli.run("drop", directory.resolve("none"), "n").exits(ExitCode.UNUSABLE);
    Cli.run("check", store).ok();
  }

  @Test
  void shouldKeepTextInUtf8AndEmptyFields() {
    Cli.run("put", store, "m", "ключ", "世界").ok();
    Cli.run("put", store, "m", "", "").ok();
    assertEquals("世界\n", Cli.run("get", store, "m", "ключ").ok().out());
    assertEquals("\n", Cli.run("get", store, "m", "").ok().out());
    assertEquals("2\n", Cli.run("count", store, "m").ok().out());
  }

  @Test
  void shouldTakeAnyBytesAsHexadecimalDigits() {
    Cli.run("put", "--hex", store, "m", "00ff", "0a0Dfe").ok();
    Cli.Result raw = Cli.run("get", "--hex", store, "m", "00FF").ok();
    assertEquals("0a0dfe\n", raw.out());
    Cli.run("put", "--hex", store, "m", "61", "0a00").ok();
    assertArrayEquals(new byte[] {'\n', 0, '\n'}, Cli.run("get", store, "m", "a").ok().outBytes());
    Cli.run("rm", "--hex", store, "m", "00ff").ok();
    assertEquals("1\n", Cli.run("count", store, "m").ok().out());
  }

  @Test
  void shouldKeepIntegers() {
    Cli.run("put", "--long", store, "m", "n", "-42").ok();
    assertEquals("-42\n", Cli.run("get", store, "m", "n").ok().out());
    assertEquals("-42\n", Cli.run("get", "--long", store, "m", "n").ok().out());
    assertEquals("-42\n", Cli.run("get", "--hex", store, "m", "6e").ok().out());
    Cli.run("put", store, "m", "b", "12").ok();
    Cli.Result bytes = Cli.run("get", "--long", store, "m", "b").exits(ExitCode.NO);
    assertTrue(bytes.err().contains("bytes"), bytes.err());
    assertEquals("", bytes.out());
  }

  @Test
  void shouldTakeTheLongestKeyAndRefuseALongerOne() {
    String key = "k".repeat(ZapMap.MAX_KEY_BYTES);
    Cli.run("put", store, "m", key, "v").ok();
    assertEquals("v\n", Cli.run("get", store, "m", key).ok().out());
    for (Cli.Result result :
        new Cli.Result[] {
          Cli.run("put", store, "m", key + "k", "v"),
          Cli.run("get", store, "m", key + "k"),
          Cli.run("rm", store, "m", key + "k")
        }) {
      assertTrue(result.exits(ExitCode.NO).err().contains("1024 bytes"), result.err());
    }
    assertEquals("1\n", Cli.run("count", store, "m").ok().out());
  }

  @Test
  void shouldRefuseValuesThatDoNotFitTheOptions() {
    Cli.run("put", "--long", store, "m", "k", "12x").exits(ExitCode.NO);
    Cli.run("put", "--hex", store, "m", "6b", "1").exits(ExitCode.NO);
    Cli.run("put", "--hex", store, "m", "key", "00").exits(ExitCode.NO);
    Cli.run("maps", store).exits(ExitCode.UNUSABLE);
  }

  @Test
  void shouldListMaps() {
    Cli.run("put", store, "zebra", "k", "v").ok();
    Cli.run("put", store, "a\nb", "k", "v").ok();
    assertEquals("a\\nb\nzebra\n", Cli.run("maps", store).ok().out());
  }

  @Test
  void shouldRefuseAnArgumentThatTheLocaleCouldNotExpress() {
    Cli.Result result = Cli.run("put", store, "m", "k\uFFFD", "v").exits(ExitCode.USAGE);
    assertTrue(result.err().contains("LC_ALL"), result.err());
    Cli.run("put", store, "m", "k", "\uFFFD").exits(ExitCode.USAGE);
    Cli.run("put", store, "\uFFFD", "k", "v").exits(ExitCode.USAGE);
  }
}
