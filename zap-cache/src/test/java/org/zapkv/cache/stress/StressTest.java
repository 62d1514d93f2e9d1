// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs jcstress tests of this package in JVMs of their own and prints what came out. A short run of
 * {@link #PAIRS} by default; {@code -Dzap.stress.tests} chooses others by a pattern ("stress" means
 * all of them), {@code -Dzap.stress.mode} names a preset of jcstress (quick, default, tough) for a
 * long run in all its variants of compilation and placement.
 */
@Tag("once") // The JVMs it starts are always poisoned.
final class StressTest {
  private static final Pattern PROGRESS =
      Pattern.compile("\\(Results: (\\d+) planned; (\\d+) passed, 0 failed, 0 soft errs, 0 hard");

  /**
   * Hold, release, evict, freeRange and setUser, each with each; and reads without a hold. Each
   * test costs two starts of a JVM, so the others are left to longer runs.
   */
  private static final String PAIRS =
      "(Hold|Release|Evict|Free)Stress\\.(SetUser)?With(Hold|Release|Evict|Free|SetUser)$"
          + "|ReadStress\\.With(Evict|Change)$";

  @Test
  void everyPairOfOperationsHasAllowedOutcomesOnly(@TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    int exit =
        new ProcessBuilder(command(directory))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start()
            .waitFor();
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertEquals(0, exit, text);
    Matcher progress = PROGRESS.matcher(text.substring(Math.max(0, text.lastIndexOf("(Results:"))));
    assertTrue(progress.find(), text);
    assertEquals(progress.group(1), progress.group(2), text);
    assertTrue(text.contains("Failed tests: No matches."), text);
    assertTrue(text.contains("Error tests: No matches."), text);
    System.out.println("StressTest: " + progress.group(2) + " runs");
    text.substring(text.indexOf("RUN RESULTS:"))
        .lines()
        .filter(line -> line.contains("%") || line.contains("[OK]"))
        .map(line -> line.replace("..........", ""))
        .forEach(System.out::println);
  }

  private static List<String> command(Path directory) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-v",
                "-r",
                directory.resolve("report").toString(),
                "-t",
                System.getProperty("zap.stress.tests", PAIRS),
                // Small strides: the two actors drift apart in long ones, and hardly meet.
                "-pth",
                "false",
                "-strideSize",
                "64",
                "-strideCount",
                "16",
                "-jvmArgsPrepend",
                "-Dzap.init.policy=POISON"));
    String mode = System.getProperty("zap.stress.mode");
    if (mode != null) {
      command.addAll(List.of("-m", mode));
    } else {
      command.addAll(
          List.of(
              "-m",
              "quick",
              "-f",
              "1",
              "-fsm",
              "1",
              "-iters",
              "1",
              "-time",
              "60",
              "-af",
              "NONE",
              "-sc",
              "false",
              "-jvmArgs",
              "-XX:TieredStopAtLevel=1",
              "-jvmArgs",
              "-XX:+UseSerialGC"));
    }
    return command;
  }
}
