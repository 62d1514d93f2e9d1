// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;

@Tag("once")
final class LifeFileTest {
  private static final String STORE = "org.example.Kind";

  @TempDir Path directory;

  /** A life with each kind of operation and ending. */
  private static Life life() {
    List<Operation> all = List.copyOf(OperationTextTest.operations().values());
    List<Segment> segments = new ArrayList<>();
    for (Ending ending : OperationTextTest.endings().values()) {
      segments.add(
          new Segment(
              new OpenOptions(4 << 20, segments.isEmpty(), 512, 5, 3),
              segments.size(),
              List.of(all, List.of(), all),
              ending));
    }
    segments.add(new Segment(OpenOptions.USUAL, 0, List.of(), new Ending.Close()));
    return new Life(-4711, 3, STORE, List.copyOf(segments));
  }

  private Path written(Life life) throws IOException {
    Path file = directory.resolve("life.txt");
    LifeFile.write(file, life);
    return file;
  }

  @Test
  void everyKindOfThingComesBack() throws IOException {
    assertEquals(life(), LifeFile.read(written(life())));
  }

  @Test
  void aFileIsReplaced() throws IOException {
    written(life());
    Life other = new Life(0, 0, STORE, List.of());
    assertEquals(other, LifeFile.read(written(other)));
  }

  @Test
  void anyLifeComesBack() throws Exception {
    Seeds.run(
        seed -> {
          for (int number = 0; number < 4; number++) {
            Generator generator =
                new Generator(
                    seed,
                    number,
                    1 + number % 3,
                    EnumSet.allOf(Capability.class),
                    EnumSet.allOf(FaultKind.class));
            generator.next();
            generator.next();
            Life life = generator.life(STORE);
            assertEquals(life, LifeFile.read(written(life)));
          }
        });
  }

  @Test
  void theFormatIsTheOneThatIsDocumented() throws IOException {
    Path file = directory.resolve("life.txt");
    Files.writeString(
        file,
        """
        # By hand.

        format 1
        seed 4711
        life 3
        store org.example.Kind
        segment
          open cache=4194304 direct=no leaf=512 sync=5000 compression=1
          slow 7
          thread
            # The first one.
            apply DURABLE m0 t0.k1 1f:8

          thread
            get m0 t0.k1
          ending close
        end
        # Nothing more.
        """);
    Life life = LifeFile.read(file);
    Segment segment =
        new Segment(
            new OpenOptions(4 << 20, false, 512, 5000, 1),
            7,
            List.of(
                List.of(OperationText.parse("apply DURABLE m0 t0.k1 1f:8")),
                List.of(OperationText.parse("get m0 t0.k1"))),
            new Ending.Close());
    assertEquals(new Life(4711, 3, STORE, List.of(segment)), life);
  }

  @Test
  void whatIsWrongIsSaidWithItsLine() throws IOException {
    wrong(2, "format 2", 2, "format 2, and this harness knows 1 only");
    wrong(2, "seed 1", 2, "\"seed\" where \"format\"");
    wrong(3, "seed one", 3, "\"one\": a seed is a number");
    wrong(4, "life -1", 4, "-1: the number of a life is within 0..");
    wrong(5, "store a b", 5, "\"b\" where the line should end");
    wrong(6, "sagment", 6, "\"segment\" or \"end\" should be here");
    wrong(7, "open cache=1 direct=maybe", 7, "direct is yes or no");
    wrong(8, "slow", 8, "The line ends where");
    wrong(9, "sync", 9, "\"thread\", or \"ending\" should be here");
    wrong(10, "put it there", 10, "\"put\" is no operation");
  }

  /** Puts another line into a file, and reads it. */
  private void wrong(int number, String line, int found, String message) throws IOException {
    Path file = written(life());
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(number - 1, line);
    Files.write(file, lines);
    LifeFile.FormatException e =
        assertThrows(LifeFile.FormatException.class, () -> LifeFile.read(file));
    assertEquals(found, e.line());
    String text = String.valueOf(e.getMessage());
    assertTrue(text.startsWith(file + ": line " + found + ": "), text);
    assertTrue(text.contains(message), text);
  }

  @Test
  void aFileThatWasCutOffIsRefused() throws IOException {
    Path file = written(life());
    List<String> lines = Files.readAllLines(file);
    for (int kept = 0; kept < lines.size(); kept++) {
      Files.write(file, lines.subList(0, kept));
      LifeFile.FormatException e =
          assertThrows(LifeFile.FormatException.class, () -> LifeFile.read(file));
      assertEquals(kept + 1, e.line());
    }
  }

  @Test
  void whatFollowsTheEndIsRefused() throws IOException {
    Path file = written(life());
    int end = Files.readAllLines(file).size();
    Files.writeString(file, Files.readString(file) + "end\n");
    LifeFile.FormatException e =
        assertThrows(LifeFile.FormatException.class, () -> LifeFile.read(file));
    assertEquals(end + 1, e.line());
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path file = directory.resolve("other");
    Files.write(file, "format 1\nseed \u00e4\n".getBytes(StandardCharsets.UTF_8));
    assertThrows(LifeFile.FormatException.class, () -> LifeFile.read(file));
    assertThrows(NoSuchFileException.class, () -> LifeFile.read(directory.resolve("none")));
  }
}
