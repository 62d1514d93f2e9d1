// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.testing.ChildWatch;

class ImageCommandTest {
  private static final String ONE = "61\t8\t1\t0000000000000001";
  private static final int FAT_BLOCK = 16384;

  /** Damaged images of each kind. */
  private static final int ROUNDS = Integer.getInteger("zap.image.rounds", 25);

  @TempDir private Path directory;
  private Path out;

  @BeforeEach
  void nameOut() {
    out = directory.resolve("out.zap");
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Entries with names and values as a store map of long values would have them. */
  private static String entries(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(hex("name-" + i)).append("\t8\t1\t").append(String.format("%016x\n", i));
    }
    return text.toString();
  }

  private Cli.Result build(String lines, Object... options) {
    return runWith(lines, "build", options);
  }

  private Cli.Result replay(String lines, Object... options) {
    return runWith(lines, "replay", options);
  }

  private Cli.Result runWith(String lines, String command, Object... options) {
    Object[] args = {"image", command, "-", out, "--salt", "24955"};
    Object[] all = Arrays.copyOf(args, args.length + options.length);
    System.arraycopy(options, 0, all, args.length, options.length);
    return Cli.runWith(lines, all);
  }

  private Cli.Result dump(int blockSize) {
    return Cli.run("image", "dump", out, "--block-size", blockSize);
  }

  private Cli.Result check(int blockSize) {
    return Cli.run("image", "check", out, "--block-size", blockSize);
  }

  private byte[] image() {
    try {
      return Files.readAllBytes(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(byte[] bytes) {
    try {
      Files.write(out, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertOnlyOutIsThere() throws IOException {
    try (var files = Files.list(directory)) {
      assertEquals(Files.exists(out) ? List.of(out) : List.of(), files.toList());
    }
  }

  private static void assertMessage(Cli.Result result, int exitCode, String... parts) {
    result.exits(exitCode);
    assertTrue(result.err().startsWith("zap: "), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
    for (String part : parts) {
      assertTrue(result.err().contains(part), () -> part + " in " + result.err());
    }
  }

  // Help and the command line.

  @ParameterizedTest
  @ValueSource(strings = {"dump", "stat", "check", "replay", "build"})
  void shouldExplainEachCommand(String command) {
    String help = Cli.run("image", command, "--help").ok().out();
    assertTrue(help.startsWith("Usage: zap image " + command + " "), help);
    assertTrue(help.contains("Exit codes:"), help);
    assertEquals(help, Cli.run("image", "help", command).ok().out());
  }

  @Test
  void shouldRefuseAWrongCommandLine() {
    for (String line :
        List.of(
            "image",
            "image unknown",
            "image dump",
            "image dump f",
            "image dump f --block-size x",
            "image dump f --block-size -512",
            "image dump f --block-size 0",
            "image dump f --block-size 1000",
            "image dump f --block-size 2097152",
            "image dump f --block-size 99999999999",
            "image dump f --block-size 0xg",
            "image dump f --block-size 512 --object-type file",
            "image stat f",
            "image check f",
            "image replay f",
            "image replay f g",
            "image replay f g --salt x",
            "image replay f g --salt 24954",
            "image replay f g --salt 12345678901234567",
            "image build f g --salt 1 --normflags 1",
            "image build f g --salt 1 --normflags 6",
            "image build f g --salt 1 --flags 8",
            "image build f g --salt 1 --flags 4",
            "image build f g --salt 1 --flags 6 --normflags 2",
            "image build f g --salt 1 --flags 1 --block-size 1536",
            "image build f g --salt 1 --flags 1 --block-size 256",
            "image build f g --salt 1 --micro-max 100",
            "image build f g --salt 1 --micro-max 0x100001",
            "image build f g --salt 1 --object-type file")) {
      Cli.Result result = Cli.run((Object[]) line.split(" ")).exits(ExitCode.USAGE);
      assertTrue(result.err().matches("zap: [^\n]+ --help\\)\n"), result.err());
      assertEquals("", result.out());
    }
  }

  // Round trips.

  @ParameterizedTest
  @CsvSource({"5, 512", "100, 6656", "3000, 16384"})
  void shouldBuildADumpAgain(int count, int blockSize) throws IOException {
    assertEquals(
        "zap: built an image of " + Sizes.count(count) + " entries\n",
        build(entries(count)).ok().err());
    String first = dump(blockSize).ok().out();
    byte[] image = image();
    assertEquals(count, first.lines().count());
    build(first).ok();
    assertEquals(first, dump(blockSize).ok().out());
    assertEquals(image.length, image().length);
    assertEquals("no problems\n", check(blockSize).ok().out());
    assertOnlyOutIsThere();
  }

  @Test
  void shouldPrintTheFieldsOfAnEntry() {
    build(hex("first") + "\t8\t1\t00000000000000ff\n").ok();
    assertEquals(
        "6669727374\t8\t1\t00000000000000ff\t0\t03ab793000000000\t3ab793\n", dump(512).ok().out());
  }

  @Test
  void shouldKeepIntegersOfEverySize() {
    List<String> lines =
        List.of(
            "61\t1\t3\t010203",
            "62\t2\t2\t00010002",
            "63\t4\t1\tdeadbeef",
            "64\t8\t1\t0123456789abcdef",
            "65\t8\t0\t");
    build(String.join("\n", lines)).ok();
    String dumped = dump(FAT_BLOCK).ok().out();
    assertEquals(
        lines, dumped.lines().map(l -> l.replaceAll("(\t[^\t]*){3}$", "")).sorted().toList());
  }

  @Test
  void shouldMakeAFatObjectOfWordsWithFlags() {
    build("00000000000000ff\t8\t1\t0000000000000001\n", "--flags", 7, "--block-size", "0x1000")
        .ok();
    assertEquals(2 * 4096, image().length);
    assertEquals(
        "00000000000000ff\t8\t1\t0000000000000001\t0\t0000000000000000\t0\n",
        dump(4096).ok().out());
    assertMessage(
        build("ff\t8\t1\t0000000000000001\n", "--flags", "2"), ExitCode.NO, "line 1", "64-bit");
  }

  @Test
  void shouldTakeTheBlockSizeOnlyWithFlags() {
    build(ONE, "--flags", 1).ok();
    assertEquals(2 * FAT_BLOCK, image().length);
    build(ONE, "--block-size", 4096).ok();
    assertEquals(512, image().length);
    build("61\t1\t1\t01\n", "--block-size", 4096).ok();
    assertEquals(2 * FAT_BLOCK, image().length);
  }

  @Test
  void shouldObeyTheLargestMicroSize() {
    build(entries(100), "--micro-max", 1024).ok();
    assertEquals(0, image().length % FAT_BLOCK);
    build(entries(2100), "--micro-max", 1 << 20).ok();
    assertEquals(134_656, image().length);
  }

  @Test
  void shouldReadAndWritePackedFilesAndStandardStreams() throws IOException {
    Path packedLines = directory.resolve("lines.tsv.gz");
    Files.write(packedLines, packed(entries(500).getBytes(StandardCharsets.UTF_8)));
    Path packedImage = directory.resolve("image.gz");
    Cli.run("image", "build", packedLines, packedImage, "--salt", "0x24955").ok();
    build(entries(500)).ok();
    byte[] image = image();
    assertArrayEquals(image, unpacked(Files.readAllBytes(packedImage)));
    Cli.Result piped = Cli.run("image", "build", packedLines, "-", "--salt", "24955").ok();
    assertArrayEquals(image, piped.outBytes());
    String dumped = dump(image.length).ok().out();
    assertEquals(500, dumped.lines().count());
    for (String command : List.of("dump", "stat", "check")) {
      String text = Cli.run("image", command, out, "--block-size", image.length).ok().out();
      String fromPacked =
          Cli.run("image", command, packedImage, "--block-size", image.length).ok().out();
      String fromPipe =
          Cli.runWith(image, "image", command, "-", "--block-size", image.length).ok().out();
      assertEquals(text, fromPacked.replace(packedImage.toString(), out.toString()));
      assertEquals(text, fromPipe.replace("image          -", "image          " + out));
    }
  }

  private static byte[] packed(byte[] bytes) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    try (GZIPOutputStream packer = new GZIPOutputStream(to)) {
      packer.write(bytes);
    }
    return to.toByteArray();
  }

  private static byte[] unpacked(byte[] bytes) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  @Test
  void shouldDescribeAnImageAsAMapOfAStore() {
    build(entries(3000)).ok();
    String text = Cli.run("image", "stat", out, "--block-size", FAT_BLOCK).ok().out();
    for (String part :
        List.of(
            "image          " + out + ", fat\n",
            "entries        3,000\n",
            " of 16.0 KiB",
            "salt           0x0000000000024955\n",
            "pointers (shift 10), embedded in block 0, not growing\n",
            "hash buckets by entries\n")) {
      assertTrue(text.contains(part), () -> part + " in " + text);
    }
  }

  @Test
  void shouldTellOfAnOverflow() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append(String.format("00000000000000ff%016x\t8\t1\t%016x\n", i, i));
    }
    build(text.toString(), "--flags", 7).ok();
    String stat = Cli.run("image", "stat", out, "--block-size", FAT_BLOCK).ok().out();
    assertTrue(stat.contains("entries        1,000\n"), stat);
    assertTrue(stat.matches("(?s).*\noverflow       [0-9]+ entries .*, in [0-9]+ leaves .*"), stat);
    assertEquals("no problems\n", check(FAT_BLOCK).ok().out());
    assertEquals(1000, dump(FAT_BLOCK).ok().out().lines().distinct().count());
  }

  // Names and their length.

  @Test
  void shouldTakeLongNamesInDirectoriesOnly() {
    String longest = "61".repeat(255) + "\t8\t1\t0000000000000001\n";
    String longer = "61".repeat(256) + "\t8\t1\t0000000000000001\n";
    String tooLong = "61".repeat(1024) + "\t8\t1\t0000000000000001\n";
    build(longest).ok();
    assertMessage(build(longer), ExitCode.NO, "line 1: ", "ENAMETOOLONG", "--object-type dir");
    build(longer, "--object-type", "other").exits(ExitCode.NO);
    build(longer, "--object-type", "dir").ok();
    build(tooLong, "--object-type", "dir").exits(ExitCode.NO);
    assertEquals("no problems\n", check(FAT_BLOCK).ok().out());
    String[] dump = {"image", "dump", out.toString(), "--block-size", "16384", "--object-type"};
    String[] asDirectory = Arrays.copyOf(dump, 7);
    asDirectory[6] = "dir";
    String dumped = Cli.run((Object[]) asDirectory).ok().out();
    Cli.Result notAsDirectory = dump(FAT_BLOCK);
    assertMessage(notAsDirectory, ExitCode.DAMAGED, "1 names have more than 255 bytes");
    assertEquals(dumped, notAsDirectory.out());
  }

  // Replay.

  @Test
  void shouldReplayEveryResult() {
    String log =
        String.join(
            "\n",
            "add\t" + ONE + "\tOK",
            "add\t" + ONE + "\tEEXIST",
            "update\t61\t1\t2\tffff\tOK",
            "sync",
            "remove\t62\t\t\t\tENOENT",
            "reopen",
            "add\t62\t1\t8193\t" + "00".repeat(8193) + "\tE2BIG",
            "update\t62\t1\t8193\t" + "00".repeat(8193) + "\tE2BIG",
            "add\t" + "61".repeat(256) + "\t1\t0\t\tENAMETOOLONG",
            "remove\t" + "61".repeat(256) + "\t\t\t\tENAMETOOLONG",
            "remove\t61\t\t\t\tOK",
            "update\t63\t1\t1\t07\tOK");
    Cli.Result result = replay(log).ok();
    assertEquals("zap: replayed 10 operations: all results as in the log\n", result.err());
    String dumped = dump(FAT_BLOCK).ok().out();
    assertTrue(dumped.matches("63\t1\t1\t07\t0\t[0-9a-f]{16}\t[0-9a-f]+\n"), dumped);
  }

  @Test
  void shouldReportWhatDiffersAndWriteTheImage() {
    String log = "add\t" + ONE + "\tEEXIST\nsync\nremove\t62\t\t\t\tOK\nupdate\t" + ONE + "\tOK\n";
    Cli.Result result = replay(log).exits(ExitCode.NO);
    assertEquals(
        """
        zap: standard input, line 1: expected EEXIST, but the result is OK
        zap: standard input, line 3: expected OK, but the result is ENOENT
        zap: replayed 3 operations: 2 results differ from the log
        """,
        result.err());
    assertTrue(dump(512).ok().out().startsWith(ONE));
  }

  @Test
  void shouldMakeAnEmptyObjectOfAnEmptyLog() {
    replay("").ok();
    assertEquals(512, image().length);
    assertEquals("", dump(512).ok().out());
    build("", "--flags", 1, "--block-size", 512).ok();
    assertEquals("", dump(512).ok().out());
  }

  @Test
  void shouldNormaliseNames() {
    String log =
        "add\tc3a4\t8\t1\t0000000000000001\tOK\nadd\tff\t8\t1\t0000000000000001\tENOTSUP\n";
    replay(log, "--normflags", "0x52").ok();
    assertTrue(dump(512).ok().out().startsWith("c3a4\t8\t1\t0000000000000001\t0\t"));
    assertMessage(build("ff\t8\t1\t0000000000000001", "--normflags", 16), ExitCode.NO, "(ENOTSUP)");
    build("4141\t8\t1\t0000000000000001\n6161\t8\t1\t0000000000000002", "--normflags", 2).ok();
    List<String> lines = dump(512).ok().out().lines().toList();
    assertTrue(lines.get(0).startsWith("4141\t8\t1\t0000000000000001\t0\t"), lines.get(0));
    assertTrue(lines.get(1).startsWith("6161\t8\t1\t0000000000000002\t1\t"), lines.get(1));
  }

  // Lines that are none.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "add",
        "add\t61\t8\t1\t0000000000000001",
        "add\t61\t8\t1\t0000000000000001\tOK\t",
        "add\t61\t8\t1\t0000000000000001\tEPERM",
        "add\t6\t8\t1\t0000000000000001\tOK",
        "add\t6x\t8\t1\t0000000000000001\tOK",
        "add\t61\t3\t1\t000001\tOK",
        "add\t61\t8\t2\t0000000000000001\tOK",
        "add\t61\t8\t-1\t0000000000000001\tOK",
        "add\t61\t8\t1000000000\t0000000000000001\tOK",
        "add\t61\tx\t1\t0000000000000001\tOK",
        "add\t61\t8\t1\t000000000000001\tOK",
        "add\t61\t8\t1\tzz00000000000001\tOK",
        "put\t61\t8\t1\t0000000000000001\tOK",
        "remove\t61\t8\t1\t0000000000000001\tOK",
        "sync\tnow"
      })
  void shouldNameALineOfALogThatIsNone(String line) throws IOException {
    Cli.Result result = replay("sync\n" + line + "\nsync\n");
    assertMessage(result, ExitCode.NO, "standard input, line 2: ", "; nothing is written");
    assertFalse(Files.exists(out));
    assertOnlyOutIsThere();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "61", "61\t8\t1", "61\t8\t1\t00", "6z\t8\t1\t0000000000000001", ONE})
  void shouldNameALineThatIsNoNewEntryAndLeaveTheFile(String line) throws IOException {
    write(new byte[] {1, 2, 3});
    Cli.Result result = build(ONE + "\textra\tcolumns\n" + line + "\n");
    assertMessage(result, ExitCode.NO, "standard input, line 2: ");
    assertArrayEquals(new byte[] {1, 2, 3}, image());
    assertOnlyOutIsThere();
  }

  @Test
  void shouldSayWhyAnEntryCannotBeAdded() {
    assertMessage(build(ONE + "\n" + ONE), ExitCode.NO, "the name is there already (EEXIST)");
    assertMessage(build("61\t1\t8193\t" + "00".repeat(8193)), ExitCode.NO, "line 1: ", "(E2BIG)");
  }

  // Files that cannot be used.

  @Test
  void shouldSayWhichFileCannotBeReadOrWritten() throws IOException {
    Path absent = directory.resolve("absent");
    for (String command : List.of("dump", "stat", "check")) {
      assertMessage(
          Cli.run("image", command, absent, "--block-size", 512),
          ExitCode.UNUSABLE,
          "cannot read " + absent);
    }
    assertMessage(
        Cli.run("image", "replay", absent, out, "--salt", 1), ExitCode.UNUSABLE, "cannot read");
    Path lines = Files.writeString(directory.resolve("lines"), ONE);
    for (Path target : List.of(directory, absent.resolve("out"), lines.resolve("out"))) {
      assertMessage(
          Cli.run("image", "build", lines, target, "--salt", 1),
          ExitCode.UNUSABLE,
          "cannot write " + target);
    }
  }

  @Test
  void shouldWriteThroughALinkAndNotReplaceADevice() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), out);
    write(new byte[1]);
    Cli.runWith(ONE, "image", "build", "-", link, "--salt", 1).ok();
    assertTrue(Files.isSymbolicLink(link));
    assertEquals(512, image().length);
    Path device = Path.of("/dev/null");
    if (Files.exists(device)) {
      Cli.runWith(ONE, "image", "build", "-", device, "--salt", 1).ok();
      assertFalse(Files.isRegularFile(device));
    }
  }

  @Test
  void shouldLeaveTheFileWhenTheImageDoesNotFit() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    write(new byte[] {1, 2, 3});
    Path lines = Files.writeString(directory.resolve("lines"), entries(3000));
    // A limit on the size of files is as good as a full disk, and needs no privilege.
    List<String> command =
        new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"));
    command.addAll(ChildJvm.command("image", "build", lines, out, "--salt", 1));
    command.add(5, "-XX:-UsePerfData");
    Process process = new ProcessBuilder(command).start();
    try (ChildWatch watch = ChildWatch.of(process);
        BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
      assertNotNull(watch);
      String err = String.join("\n", errors.lines().toList());
      assertEquals(ExitCode.UNUSABLE, process.waitFor(), err);
      assertTrue(err.contains("zap: cannot write " + out), err);
    }
    assertArrayEquals(new byte[] {1, 2, 3}, image());
    Files.delete(lines);
    assertOnlyOutIsThere();
  }

  @Test
  void shouldSayThatAPackedFileIsDamaged() throws IOException {
    Path file = directory.resolve("lines.gz");
    byte[] packed = packed(entries(1000).getBytes(StandardCharsets.UTF_8));
    byte[] flipped = packed.clone();
    flipped[packed.length - 6] ^= 1;
    for (byte[] bytes :
        List.of(
            new byte[0],
            "no gzip at all".getBytes(StandardCharsets.UTF_8),
            Arrays.copyOf(packed, packed.length / 2),
            flipped)) {
      Files.write(file, bytes);
      assertMessage(
          Cli.run("image", "build", file, out, "--salt", 1), ExitCode.DAMAGED, "cannot unpack");
      assertMessage(
          Cli.run("image", "dump", file, "--block-size", 512), ExitCode.DAMAGED, "" + file);
    }
    assertFalse(Files.exists(out));
  }

  // Damage.

  /** Each command that reads says the same, and check says it on standard output. */
  private void assertRefused(int blockSize, String... parts) {
    for (String command : List.of("dump", "stat")) {
      Cli.Result result = Cli.run("image", command, out, "--block-size", blockSize);
      assertMessage(result, ExitCode.DAMAGED, out + ": ");
      assertMessage(result, ExitCode.DAMAGED, parts);
      assertEquals("", result.out());
    }
    Cli.Result result = check(blockSize).exits(ExitCode.DAMAGED);
    assertEquals("", result.err());
    assertEquals(1, result.out().lines().count(), result.out());
    for (String part : parts) {
      assertTrue(result.out().contains(part), () -> part + " in " + result.out());
    }
  }

  @Test
  void shouldRefuseWhatIsNoImage() {
    write(new byte[0]);
    assertRefused(512, "block 0 offset 0: ", "empty");
    write("this is some text\n".repeat(512).getBytes(StandardCharsets.UTF_8));
    assertRefused(512, "block 0 offset 0: ", "no image of a ZAP object", "0x2073692073696874");
    write(new byte[FAT_BLOCK]);
    assertRefused(FAT_BLOCK, "no image of a ZAP object");
    write(new byte[] {1, 2, 3});
    assertRefused(512, "block 0 offset 3: ", "multiple of the block size, 512");
  }

  @Test
  void shouldRefuseAnotherBlockSize() {
    build(entries(100)).ok();
    assertRefused(512, "block 1 offset 0: a micro object is one block", "6656?");
    assertRefused(4096, "block 1 offset 2560: ", "multiple of the block size, 4096");
    build(entries(3000)).ok();
    assertRefused(8192, "block 0 offset ", "; is --block-size 8192 right?");
    assertRefused(1536, "multiple of the block size, 1536");
  }

  @Test
  void shouldNameThePlaceOfDamage() {
    build(entries(3000)).ok();
    byte[] image = image();
    int offsetOfMagic = 24;
    image[2 * FAT_BLOCK + offsetOfMagic] ^= 1;
    write(image);
    Cli.Result check = check(FAT_BLOCK).exits(ExitCode.DAMAGED);
    assertTrue(check.out().contains("block 2 offset 24: "), check.out());
    assertFalse(check.out().contains("object="), check.out());
    assertMessage(dump(FAT_BLOCK), ExitCode.DAMAGED, out + ": block 2 offset 24: ");
    image[2 * FAT_BLOCK + offsetOfMagic] ^= 1;
    int offsetOfEntryCount = 72;
    image[offsetOfEntryCount] ^= 1;
    write(image);
    assertEquals(
        "block 0 offset 72: number of entries=3001, but the leaves have 3000\n",
        check(FAT_BLOCK).exits(ExitCode.DAMAGED).out());
  }

  @Test
  void shouldReportATruncatedImage() {
    build(entries(3000)).ok();
    byte[] image = image();
    write(Arrays.copyOf(image, image.length - FAT_BLOCK));
    check(FAT_BLOCK).exits(ExitCode.DAMAGED);
    dump(FAT_BLOCK).exits(ExitCode.DAMAGED);
    write(Arrays.copyOf(image, image.length - 1));
    assertRefused(FAT_BLOCK, "block " + (image.length / FAT_BLOCK - 1) + " offset 16383: ");
  }

  @Test
  void shouldEndWithACodeWhateverIsDamaged() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    for (int count : new int[] {50, 600}) {
      build(entries(count), "--micro-max", 4096).ok();
      byte[] whole = image();
      int blockSize = count == 50 ? whole.length : FAT_BLOCK;
      for (int round = 0; round < ROUNDS; round++) {
        byte[] image = whole.clone();
        int block = random.nextInt(image.length / blockSize) * blockSize;
        image[block + random.nextInt(round % 2 == 0 ? 104 : blockSize)] ^=
            (byte) (1 << random.nextInt(8));
        write(image);
        for (String command : List.of("dump", "stat", "check")) {
          Cli.Result result = Cli.run("image", command, out, "--block-size", blockSize);
          assertTrue(
              result.exitCode() == ExitCode.OK || result.exitCode() == ExitCode.DAMAGED,
              () -> "seed=" + seed + " " + command + " " + result.exitCode() + result.err());
        }
      }
    }
  }
}
