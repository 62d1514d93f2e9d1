// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadCommandTest {
  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void nameStore() {
    store = directory.resolve("store");
  }

  private static String lines(int first, int last) {
    StringBuilder text = new StringBuilder();
    for (int i = first; i <= last; i++) {
      text.append("key-").append(i).append("\tvalue of ").append(i).append('\n');
    }
    return text.toString();
  }

  private String count() {
    return Cli.run("count", store, "m").ok().out();
  }

  private String get(String key) {
    return Cli.run("get", store, "m", key).ok().out();
  }

  @Test
  void shouldLoadStandardInputOrAFile() throws IOException {
    Cli.Result result = Cli.runWith(lines(1, 3), "load", store, "m").ok();
    assertEquals("", result.out());
    assertTrue(result.err().matches("zap: loaded 3 entries in .* entries/s\n"), result.err());
    Cli.runWith(lines(4, 5), "load", store, "m", "-").ok();
    Path file = Files.writeString(directory.resolve("input.tsv"), lines(6, 1000));
    Cli.run("load", "--cache", "8m", store, "m", file).ok();
    Cli.run("load", "--direct", store, "m", file).ok();
    assertEquals("1000\n", count());
    assertEquals("value of 777\n", get("key-777"));
    Cli.runWith(lines(1, 1000), "verify", store, "m").ok();
  }

  @Test
  void shouldTakeCarriageReturnsTabsEmptyFieldsAndALastLineWithoutNewline() {
    Cli.runWith("a\t1\r\n\tempty key\nb\t\nc\tx\ty\nlast\tline", "load", store, "m").ok();
    assertEquals("1\n", get("a"));
    assertEquals("empty key\n", get(""));
    assertEquals("\n", get("b"));
    assertEquals("x\ty\n", get("c"));
    assertEquals("line\n", get("last"));
    assertEquals("5\n", count());
  }

  @Test
  void shouldLetTheLaterLineOfAKeyCount() {
    Cli.runWith("k\t1\nk\t2\nx\t0\nk\t3\n", "load", "--batch", 2, store, "m").ok();
    assertEquals("3\n", get("k"));
    assertEquals("2\n", count());
  }

  @Test
  void shouldMakeAnEmptyMapOfNoInput() {
    Cli.runWith("", "load", "--acks", store, "m").ok();
    assertEquals("0\n", count());
  }

  @Test
  void shouldLoadHexadecimalDigitsIntegersAndEscapes() {
    Cli.runWith("00ff\t0a\n\t\n", "load", "--hex", store, "m").ok();
    assertEquals("0a\n", Cli.run("get", "--hex", store, "m", "00ff").ok().out());
    Cli.runWith("n\t-7\n", "load", "--long", store, "m").ok();
    assertEquals("-7\n", Cli.run("get", "--long", store, "m", "n").ok().out());
    Cli.runWith("01\t8\n", "load", "--long", "--hex", store, "m").ok();
    assertEquals("8\n", Cli.run("get", "--long", "--hex", store, "m", "01").ok().out());
    Cli.runWith("a\\tb\tc\\\\d\n", "load", "--escaped", store, "m").ok();
    assertEquals("c\\d\n", get("a\tb"));
    Cli.runWith("a\tb\n", "load", "--escaped", "--hex", store, "m").exits(ExitCode.USAGE);
  }

  @Test
  void shouldLoadWhatScanPrints() {
    byte[] nasty = new byte[512];
    for (int i = 0; i < nasty.length; i++) {
      nasty[i] = (byte) (i * 7);
    }
    String hex = HexFormat.of().formatHex(nasty);
    Cli.runWith(hex + "\t" + hex + "\n5c74\t5c\n", "load", "--hex", store, "m").ok();
    String escaped = Cli.run("scan", store, "m").ok().out();
    Cli.runWith(escaped, "load", "--escaped", store, "other").ok();
    String expected = Cli.run("scan", "--hex", store, "m").ok().out();
    Cli.runWith(expected, "verify", "--hex", store, "other").ok();
    Cli.runWith(escaped, "verify", "--escaped", store, "m").ok();
  }

  @Test
  void shouldStopAtABadLineWithNothingOfItsBatch() {
    String input = lines(1, 8) + "no tab here\n" + lines(9, 12);
    Cli.Result result =
        Cli.runWith(input, "load", "--batch", 3, "--acks", store, "m").exits(ExitCode.NO);
    assertEquals(
        """
        zap: standard input, line 9: no tab; a line is a key, a tab and a value
        zap: stopped at line 9; the first 6 lines are stored, in batches before
        """,
        result.err());
    assertEquals("committed 3\ncommitted 6\n", result.out());
    assertEquals("6\n", count());
    Cli.run("get", store, "m", "key-7").exits(ExitCode.NO);
  }

  @Test
  void shouldStoreNothingWhenTheFirstBatchHasABadLine() {
    Cli.Result result = Cli.runWith(lines(1, 8) + "\n", "load", store, "m").exits(ExitCode.NO);
    assertTrue(result.err().contains("line 9: the line is empty"), result.err());
    assertTrue(result.err().contains("nothing is stored"), result.err());
    assertEquals("0\n", count());
  }

  @Test
  void shouldSkipBadLinesWhenTold() {
    String input =
        "bad\n" + lines(1, 4) + "k\u0000\n" + "x".repeat(1024) + "\ty\n" + lines(5, 6) + "\n";
    Cli.Result result =
        Cli.runWith(input, "load", "--skip-bad", "--acks", "--batch", 4, store, "m").ok();
    assertEquals("6\n", count());
    // The lines of bad ones count, so that a script knows where in its input it is.
    assertEquals("committed 5\ncommitted 10\n", result.out());
    for (String part :
        new String[] {
          "line 1: no tab",
          "line 6: no tab",
          "line 7: the key has 1024 bytes",
          "line 10: the line",
          "loaded 6 entries",
          "4 bad lines skipped"
        }) {
      assertTrue(result.err().contains(part), result.err());
    }
  }

  @Test
  void shouldReportCommitsInOrderWithEitherDurability() {
    for (String option : new String[] {"--durability=sync", "--skip-bad"}) {
      Cli.Result result =
          Cli.runWith(lines(1, 10), "load", "--acks", "--batch", 4, option, store, "m").ok();
      assertEquals("committed 4\ncommitted 8\ncommitted 10\n", result.out());
    }
  }

  @Test
  void shouldTakeADurabilityByItsName() {
    for (String level : new String[] {"sync", "async", "none", "SYNC"}) {
      Cli.runWith(lines(1, 10), "load", "--batch", 4, "--durability", level, store, level).ok();
      Cli.runWith(lines(1, 10), "verify", store, level).ok();
    }
    Cli.Result result =
        Cli.runWith(lines(1, 10), "load", "--durability=fast", store, "m").exits(ExitCode.USAGE);
    String expected = "'fast' is no durability: write sync, async or none";
    assertTrue(result.err().contains(expected), result.err());
    Cli.run("count", store, "m").exits(ExitCode.NO);
  }

  @Test
  void shouldRefuseLinesThatAreNotUtf8() {
    byte[] input = "k\tval\u00FFue\n".getBytes(StandardCharsets.ISO_8859_1);
    Cli.Result result = Cli.runWith(input, "load", store, "m").exits(ExitCode.NO);
    assertTrue(result.err().contains("line 1: the value is not UTF-8 at byte 4"), result.err());
  }

  @Test
  void shouldRefuseAValueOverTheLimitAndTakeOneAtIt() {
    byte[] most = new byte[2 + (64 << 20)];
    Arrays.fill(most, (byte) 'v');
    most[0] = 'k';
    most[1] = '\t';
    byte[] over = Arrays.copyOf(most, most.length + 1);
    over[most.length] = 'v';
    Cli.Result result = Cli.runWith(over, "load", store, "m").exits(ExitCode.NO);
    assertTrue(result.err().contains("the value has 67108865 bytes"), result.err());
    Cli.runWith(most, "load", "--cache", "32m", store, "m").ok();
    byte[] got = Cli.run("get", store, "m", "k").ok().outBytes();
    assertEquals(most.length - 2, got.length - 1);
    assertTrue(Arrays.equals(most, 2, most.length, got, 0, got.length - 1));
  }

  @Test
  void shouldReadAnEndlessLineInLittleMemory() {
    InputStream endless =
        new InputStream() {
          private long left = 300L << 20;

          @Override
          public int read() {
            return left-- > 0 ? 'x' : -1;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            int count = (int) Math.min(left, length);
            left -= count;
            return count == 0 ? -1 : count;
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Main.run(
            new String[] {"load", store.toString(), "m"},
            endless,
            OutputStream.nullOutputStream(),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String message = err.toString(StandardCharsets.UTF_8);
    assertEquals(ExitCode.NO, exitCode, message);
    assertTrue(message.contains("line 1: the line has more than 67112960 bytes"), message);
  }

  @Test
  void shouldKeepEarlierBatchesWhenTheInputFails() {
    byte[] good = lines(1, 20).getBytes(StandardCharsets.UTF_8);
    InputStream failing =
        new SequenceInputStream(
            new ByteArrayInputStream(good),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the line went dead");
              }

              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("the line went dead");
              }
            });
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int exitCode =
        Main.run(
            new String[] {"load", "--acks", "--batch", "8", store.toString(), "m"},
            failing,
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String message = err.toString(StandardCharsets.UTF_8);
    assertEquals(ExitCode.UNUSABLE, exitCode, message);
    assertTrue(message.contains("cannot read standard input: the line went dead"), message);
    assertTrue(message.contains("; stopped, the first 16 lines are stored"), message);
    assertEquals(1, message.lines().count(), message);
    assertEquals("committed 8\ncommitted 16\n", out.toString(StandardCharsets.UTF_8));
    assertEquals("16\n", count());
  }

  @Test
  void shouldStopWhenNobodyCanBeToldOfCommits() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Main.run(
            new String[] {
              "load", "--acks", "--durability=sync", "--batch", "1", store.toString(), "m"
            },
            new ByteArrayInputStream(lines(1, 50).getBytes(StandardCharsets.UTF_8)),
            closed,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String message = err.toString(StandardCharsets.UTF_8);
    assertEquals(ExitCode.UNUSABLE, exitCode, message);
    assertTrue(message.contains("cannot write the output: Broken pipe"), message);
  }

  @Test
  void shouldNotCreateAStoreWhenTheFileIsNotThere() {
    Path file = directory.resolve("nothing.tsv");
    Cli.Result result = Cli.run("load", store, "m", file).exits(ExitCode.UNUSABLE);
    assertEquals(
        "zap: cannot read " + file + ": there is no such file or directory\n", result.err());
    assertFalse(Files.exists(store));
  }

  @Test
  void shouldRefuseWrongOptions() {
    Cli.run("load", "--batch", 0, store, "m").exits(ExitCode.USAGE);
    Cli.run("load", "--batch", "x", store, "m").exits(ExitCode.USAGE);
    Cli.run("load", "--cache", "1m", store, "m").exits(ExitCode.USAGE);
    Cli.run("load", "--cache", "lots", store, "m").exits(ExitCode.USAGE);
    Cli.run("load", store, "").exits(ExitCode.USAGE);
    Cli.run("load", store, "n".repeat(256)).exits(ExitCode.USAGE);
    Cli.run("load", store).exits(ExitCode.USAGE);
    assertFalse(Files.exists(store));
  }
}
