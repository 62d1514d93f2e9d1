// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each command's help has examples, and they work. */
@Tag("once")
class HelpTest {
  /** Files and stores of the examples. */
  private static final Set<String> PLACES =
      Set.of(
          "books",
          "copy",
          "rescued",
          "jdk",
          "titles.tsv",
          "titles.tsv.gz",
          "years.tsv.gz",
          "titles.svg",
          "entries.tsv",
          "ops.tsv",
          "map.zap");

  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  @TempDir private Path directory;

  private static List<String> commands(Object... prefix) {
    String help = Cli.run(with(List.of(prefix), "--help")).ok().out();
    int list = help.indexOf("Commands:\n") + "Commands:\n".length();
    return help.substring(list)
        .lines()
        .takeWhile(line -> !line.isEmpty())
        .filter(line -> line.matches("  \\w.*"))
        .map(line -> line.strip().replaceFirst(" .*", ""))
        .filter(name -> !name.equals("help"))
        .toList();
  }

  private static Object[] with(List<?> words, String last) {
    List<Object> all = new ArrayList<>(words);
    all.add(last);
    return all.toArray();
  }

  @Test
  void everyCommandTeachesByExamplesThatWork() throws Exception {
    List<List<String>> all = new ArrayList<>();
    commands().stream().filter(name -> !name.equals("image")).forEach(n -> all.add(List.of(n)));
    commands("image").forEach(name -> all.add(List.of("image", name)));
    assertTrue(all.size() >= 20, all::toString);
    for (List<String> command : all) {
      List<String> examples = examples(Cli.run(with(command, "--help")).ok().out());
      assertFalse(examples.isEmpty(), () -> "no example in the help of " + command);
      assertTrue(examples.get(0).startsWith("zap " + String.join(" ", command)), examples.get(0));
      // One takes long, and the other is about what another process has open: they have their
      // tests.
      if (!List.of("demo", "top").containsAll(command)) {
        run(command, examples);
      }
    }
  }

  private static List<String> examples(String help) {
    return help.lines().filter(line -> line.startsWith("  zap ")).map(String::strip).toList();
  }

  private void run(List<String> command, List<String> examples) throws IOException {
    Path place = Files.createDirectory(directory.resolve(String.join("-", command)));
    Files.writeString(place.resolve("titles.tsv"), "42\tThe Hitchhiker's Guide\n");
    Files.writeString(place.resolve("entries.tsv"), "61\t8\t1\t0000000000000001\n");
    Files.writeString(place.resolve("ops.tsv"), "add\t61\t8\t1\t0000000000000001\tOK\n");
    Path years = Files.writeString(place.resolve("years"), "42\t1979\n");
    Cli.run("load", place.resolve("books"), "titles", place.resolve("titles.tsv")).ok();
    Cli.run("load", "--long", place.resolve("books"), "years", years).ok();
    Cli.run("export", place.resolve("books"), "titles", "-o", place.resolve("titles.tsv.gz")).ok();
    try (OutputStream packed =
        new GZIPOutputStream(Files.newOutputStream(place.resolve("years.tsv.gz")))) {
      packed.write(Files.readAllBytes(years));
    }
    Cli.run("image", "build", place.resolve("entries.tsv"), place.resolve("map.zap"), "--salt", 1)
        .ok();
    for (String example : examples) {
      Object[] words =
          WORD.matcher(example).results().skip(1).map(word -> resolve(place, word)).toArray();
      Cli.Result result = Cli.run(words);
      assertEquals(0, result.exitCode(), () -> example + ": " + result);
    }
  }

  private static String resolve(Path place, MatchResult word) {
    if (word.group(1) != null) {
      return word.group(1);
    }
    return PLACES.contains(word.group(2)) ? place.resolve(word.group(2)).toString() : word.group(2);
  }

  @Test
  void theExitCodesAreInEveryHelp() {
    Stream.concat(Stream.of(List.<String>of()), commands().stream().map(List::of))
        .forEach(
            command -> {
              String help = Cli.run(with(command, "--help")).ok().out();
              for (int code : new int[] {0, 1, 2, 3, 4, 64, 70}) {
                assertTrue(
                    help.contains("\n  " + code + " ") || help.contains("\n   " + code + " "),
                    help);
              }
            });
  }
}
