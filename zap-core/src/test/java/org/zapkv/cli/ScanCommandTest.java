// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanCommandTest {
  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void nameStore() {
    store = directory.resolve("store");
  }

  private String load(int entries) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < entries; i++) {
      text.append("key-").append(i).append("\tvalue of ").append(i).append('\n');
    }
    Cli.runWith(text.toString(), "load", store, "m").ok();
    return text.toString();
  }

  private static Set<String> lines(String text) {
    return new TreeSet<>(text.lines().toList());
  }

  @Test
  void shouldPrintEveryEntryOnce() {
    String input = load(5000);
    Cli.Result result = Cli.run("scan", store, "m").ok();
    assertEquals(lines(input), lines(result.out()));
    assertEquals(5000, result.out().lines().count());
    assertEquals("end\n", result.err());
  }

  @Test
  void shouldGoOnAtACookieUntilTheEnd() {
    String input = load(1000);
    StringBuilder all = new StringBuilder();
    String cookie = "0x0";
    int pages = 0;
    while (!cookie.equals("end")) {
      Cli.Result page = Cli.run("scan", "--limit", 73, "--cursor", cookie, store, "m").ok();
      all.append(page.out());
      assertTrue(page.out().lines().count() <= 73);
      String position = page.err().strip();
      assertTrue(position.matches("end|cursor 0x[0-9a-f]{16}"), position);
      cookie = position.replace("cursor ", "");
      pages++;
    }
    assertEquals(lines(input), lines(all.toString()));
    assertEquals(1000, all.toString().lines().count());
    assertTrue(pages >= 1000 / 73, "pages=" + pages);
  }

  @Test
  void shouldEscapeWhatWouldEndAField() {
    Cli.run("put", "--hex", store, "m", "610962", "0a5cff").ok();
    assertEquals("a\\tb\t\\n\\\\\\xff\n", Cli.run("scan", store, "m").ok().out());
    assertEquals("610962\t0a5cff\n", Cli.run("scan", "--hex", store, "m").ok().out());
  }

  @Test
  void shouldPrintIntegersInDecimal() {
    Cli.run("put", "--long", store, "m", "n", "-5").ok();
    assertEquals("n\t-5\n", Cli.run("scan", store, "m").ok().out());
    assertEquals("6e\t-5\n", Cli.run("scan", "--hex", store, "m").ok().out());
  }

  @Test
  void shouldPrintNothingOfAnEmptyMapAndBehindTheEnd() {
    Cli.runWith("", "load", store, "m").ok();
    assertEquals("end\n", Cli.run("scan", store, "m").ok().err());
    load(3);
    Cli.Result result = Cli.run("scan", "--cursor", "0xffffffffffffffff", store, "m").ok();
    assertEquals("", result.out());
    assertEquals("end\n", result.err());
  }

  @Test
  void shouldStopQuietlyWhenTheReaderHasGone() {
    load(5000);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertEquals(ExitCode.OK, scanInto(refusing("Broken pipe"), err));
    assertEquals("", err.toString(StandardCharsets.UTF_8));
    assertEquals(ExitCode.UNUSABLE, scanInto(refusing("No space left on device"), err));
    assertEquals(
        "zap: cannot write the output: No space left on device\n",
        err.toString(StandardCharsets.UTF_8));
  }

  private int scanInto(OutputStream out, OutputStream err) {
    return Main.run(
        new String[] {"scan", store.toString(), "m"},
        InputStream.nullInputStream(),
        out,
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static OutputStream refusing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  @Test
  void shouldRefuseWrongOptions() {
    load(1);
    for (String cookie : new String[] {"12", "0x", "0xg", "0x12345678901234567", "end"}) {
      Cli.run("scan", "--cursor", cookie, store, "m").exits(ExitCode.USAGE);
    }
    Cli.run("scan", "--limit", 0, store, "m").exits(ExitCode.USAGE);
    Cli.run("scan", "--limit", "x", store, "m").exits(ExitCode.USAGE);
  }
}
