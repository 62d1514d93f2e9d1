// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {
  private static final String INPUT = "a\t1\nb\t2\nc\t3\n";

  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void loadStore() {
    store = directory.resolve("store");
    Cli.runWith(INPUT, "load", store, "m").ok();
  }

  @Test
  void shouldConfirmWhatWasLoaded() {
    Cli.Result result = Cli.runWith(INPUT, "verify", store, "m").ok();
    assertEquals("verified 3 entries: all as expected\n", result.out());
  }

  @Test
  void shouldReportEachKindOfDifference() {
    Cli.run("put", "--long", store, "m", "n", "7").ok();
    String input = "a\t1\nb\t2!\nmissing\tx\nn\t7\nc\t3\n";
    Cli.Result result = Cli.runWith(input, "verify", store, "m").exits(ExitCode.NO);
    assertEquals(
        "standard input, line 2: the value in the map has 1 bytes, the line 2; they differ from byte"
            + " 2\n"
            + "standard input, line 3: the key is not in the map\n"
            + "standard input, line 4: the value in the map is an integer\n"
            + "the map has 4 entries, the input 5\n"
            + "verified 5 entries: 4 differences\n",
        result.out());
  }

  @Test
  void shouldCompareIntegers() {
    Cli.runWith("x\t1\ny\t2\n", "load", "--long", store, "n").ok();
    Cli.runWith("x\t1\ny\t2\n", "verify", "--long", store, "n").ok();
    Cli.Result result =
        Cli.runWith("x\t1\ny\t3\n", "verify", "--long", store, "n").exits(ExitCode.NO);
    assertTrue(result.out().contains("line 2: the value in the map is 2, not 3"), result.out());
    Cli.runWith("x\t1\ny\t2\n", "verify", store, "n").exits(ExitCode.NO);
    Cli.runWith(INPUT, "verify", "--long", store, "m").exits(ExitCode.NO);
  }

  @Test
  void shouldNoticeAnEntryTooMany() {
    Cli.Result result = Cli.runWith("a\t1\nb\t2\n", "verify", store, "m").exits(ExitCode.NO);
    assertTrue(result.out().contains("the map has 3 entries, the input 2"), result.out());
    Cli.runWith(INPUT + "a\t1\n", "verify", store, "m").exits(ExitCode.NO);
  }

  @Test
  void shouldPrintTheFirstDifferencesOnly() {
    String input = "p\t\nq\t\nr\t\ns\t\n";
    Cli.Result result =
        Cli.runWith(input, "verify", "--differences", 2, store, "m").exits(ExitCode.NO);
    assertEquals(3, result.out().lines().count(), result.out());
    assertTrue(result.out().contains("5 differences"), result.out());
  }

  @Test
  void shouldStopAtABadLineUnlessToldToSkipIt() {
    Cli.Result result = Cli.runWith("a\t1\nbad\n", "verify", store, "m").exits(ExitCode.NO);
    assertTrue(result.err().contains("line 2: no tab"), result.err());
    assertEquals("", result.out());
    Cli.Result skipped = Cli.runWith("bad\n" + INPUT, "verify", "--skip-bad", store, "m").ok();
    assertEquals("verified 3 entries: all as expected, 1 bad lines skipped\n", skipped.out());
  }
}
