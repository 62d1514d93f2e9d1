// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.zap.Fixture;

/** The command image on the objects that OpenZFS wrote. */
class ImageFixtureTest {
  /** Its free block lies inside the table that is being built; we say the block after it. */
  private static final String QUIRK = "fat-quirk-freeblk";

  private static final int FREE_BLOCK_OFFSET = 56;
  private static final byte QUIRK_FREE_BLOCK = (byte) 144;
  private static final int DIRECTORY = 20;

  @TempDir private Path directory;

  private static Stream<DynamicTest> forEach(Consumer<Fixture> test) {
    return Fixture.all().stream()
        .map(fixture -> DynamicTest.dynamicTest(fixture.name(), () -> test.accept(fixture)));
  }

  private static void addType(Fixture fixture, List<Object> args) {
    if (fixture.number("object_type") == DIRECTORY) {
      args.addAll(List.of("--object-type", "dir"));
    }
  }

  @TestFactory
  Stream<DynamicTest> shouldReplayEachToTheSameBytes() {
    return forEach(fixture -> assertArrayEquals(expected(fixture), replay(fixture)));
  }

  private byte[] replay(Fixture fixture) {
    Path out = directory.resolve(fixture.name());
    List<Object> args = new ArrayList<>(List.of("image", "replay", fixture.file(".ops.tsv"), out));
    args.addAll(List.of("--salt", Long.toHexString(fixture.salt())));
    if (fixture.number("normflags") != 0) {
      args.addAll(List.of("--normflags", fixture.number("normflags")));
    }
    if (fixture.number("zap_flags") != 0) {
      args.addAll(List.of("--flags", "0x" + fixture.number("zap_flags")));
      args.addAll(List.of("--block-size", fixture.number("block_size")));
    }
    if (fixture.name().equals("micro-256k")) {
      args.addAll(List.of("--micro-max", "0x100000"));
    }
    addType(fixture, args);
    Cli.Result result = Cli.run(args.toArray()).ok();
    assertTrue(result.err().endsWith("operations: all results as in the log\n"), result.err());
    try {
      return Files.readAllBytes(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] expected(Fixture fixture) {
    byte[] image = fixture.image();
    if (fixture.name().equals(QUIRK)) {
      image[FREE_BLOCK_OFFSET] = QUIRK_FREE_BLOCK;
    }
    return image;
  }

  @TestFactory
  Stream<DynamicTest> shouldDumpTheEntriesOfEach() {
    return forEach(fixture -> dump(fixture, fixture.file(".zap")));
  }

  @TestFactory
  Stream<DynamicTest> shouldDumpImagesOfTheOtherByteOrder() {
    return Fixture.all().stream()
        .filter(fixture -> Files.exists(fixture.file(".be.zap")))
        .map(f -> DynamicTest.dynamicTest(f.name(), () -> dump(f, f.file(".be.zap"))));
  }

  private static void dump(Fixture fixture, Path image) {
    List<Object> args = new ArrayList<>(List.of("image", "dump", image));
    args.addAll(List.of("--block-size", fixture.number("block_size")));
    addType(fixture, args);
    List<String> lines = Cli.run(args.toArray()).ok().out().lines().toList();
    assertEquals(fixture.entries().size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      Map<String, Object> entry = fixture.entries().get(i);
      String[] fields = lines.get(i).split("\t", -1);
      assertEquals(7, fields.length);
      assertEquals(fieldsBeforeCookie(entry), List.of(fields).subList(0, 6));
      if (entry.containsKey("cursor")) {
        assertEquals(entry.get("cursor"), fields[6]);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static List<String> fieldsBeforeCookie(Map<String, Object> entry) {
    int digits = 2 * ((Long) entry.get("integer_length")).intValue();
    StringBuilder value = new StringBuilder();
    for (String integer : (List<String>) entry.get("value")) {
      value.append("0".repeat(digits - integer.length())).append(integer);
    }
    return List.of(
        (String) entry.get("name_hex"),
        entry.get("integer_length").toString(),
        entry.get("num_integers").toString(),
        value.toString(),
        entry.get("cd").toString(),
        (String) entry.get("hash"));
  }

  @TestFactory
  Stream<DynamicTest> shouldFindNothingWrongWithEachAndDescribeIt() {
    return forEach(ImageFixtureTest::checkAndDescribe);
  }

  private static void checkAndDescribe(Fixture fixture) {
    Path image = fixture.file(".zap");
    long blockSize = fixture.number("block_size");
    Cli.Result check = Cli.run("image", "check", image, "--block-size", blockSize).ok();
    assertEquals("no problems\n", check.out());
    String text = Cli.run("image", "stat", image, "--block-size", blockSize).ok().out();
    String kind = fixture.isMicro() ? ", micro\n" : ", fat\n";
    assertTrue(text.startsWith("image          " + image + kind), text);
    String entries = Sizes.count(fixture.number("num_entries"));
    assertTrue(text.contains("entries        " + entries + "\n"), text);
    assertTrue(text.contains(String.format("0x%016x", fixture.salt())), text);
  }
}
