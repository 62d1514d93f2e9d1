// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.harness.subject.ZapKind;

/** The command line. */
@Tag("once")
final class HarnessMainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path directory;

  private int run(String... args) {
    out.reset();
    err.reset();
    Screen screen =
        new Screen(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), false);
    return HarnessMain.run(screen, args);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nosuch",
        "run --kind nosuch",
        "run --threads 0",
        "run --seconds 0",
        "run --faults power,nosuch",
        "run --faults all,power",
        "run --seed x",
        "run --kind rocksdb --faults power",
        "peers --kinds zap,nosuch",
        "peers --kills 0",
        "peers --seconds 0",
        "peers --threads 0",
        "defects --seeds x",
        "defects --seeds 0",
        "defects --operations 0",
        "replay",
        "replay --times 0 nosuch"
      })
  void whatIsWrongOnTheCommandLineIsRefused(String line) {
    assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ", -1)));
    assertEquals("", out.toString(UTF_8));
    assertTrue(err.toString(UTF_8).contains("--help"), () -> err.toString(UTF_8));
  }

  @Test
  void aLogThatIsNotThereIsAFailureOfTheHarness() {
    assertEquals(3, run("replay", directory.resolve("none").toString()));
    assertTrue(err.toString(UTF_8).startsWith("the harness failed: "), () -> err.toString(UTF_8));
  }

  @Test
  void aStoreThatIsRightHasASummaryAndAPage() throws IOException {
    assertEquals(
        0,
        run(
            "run",
            "--seconds",
            "0.5",
            "--seed",
            "7",
            "--threads",
            "1",
            "--out",
            directory.toString()),
        () -> out.toString(UTF_8) + err.toString(UTF_8));
    String text = out.toString(UTF_8);
    Path page = directory.resolve("zap-7.html");
    assertTrue(text.startsWith("Zap: no violation\n"), text);
    assertTrue(text.endsWith("See " + page + "\n"), text);
    assertTrue(Files.readString(page).contains("Zap: no violation"));
    assertTrue(Files.readString(directory.resolve("zap-7.json")).contains("\"violations\": 0"));
  }

  @Test
  void whatAStoreDoesWrongCanBeDoneAgain() throws IOException {
    assertEquals(
        1,
        run(
            "run",
            "--kind",
            ForgetfulKind.class.getName(),
            "--seconds",
            "20",
            "--seed",
            "7",
            "--threads",
            "1",
            "--out",
            directory.toString()),
        () -> out.toString(UTF_8) + err.toString(UTF_8));
    String text = out.toString(UTF_8);
    Path log = directory.resolve("forgetful-7.log");
    assertTrue(text.contains("\nVIOLATION "), text);
    assertTrue(text.contains("java -jar zap-harness.jar replay " + log + "\n"), text);

    assertEquals(1, run("replay", log.toString()));
    assertTrue(out.toString(UTF_8).startsWith("VIOLATION "), () -> out.toString(UTF_8));

    // The same with a store that forgets nothing.
    List<String> lines = Files.readAllLines(log);
    Path mended = directory.resolve("mended.log");
    Files.write(
        mended,
        lines.stream()
            .map(line -> line.replace(ForgetfulKind.class.getName(), ZapKind.class.getName()))
            .toList());
    assertEquals(0, run("replay", mended.toString()), () -> out.toString(UTF_8));
    assertEquals("no violation\n", out.toString(UTF_8));
  }
}
