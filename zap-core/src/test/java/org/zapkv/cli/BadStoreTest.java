// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.openhft.hashing.LongHashFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.ChildWatch;
import org.zapkv.store.ZapStore;

/** Stores that cannot be used: a clear message, the exit code, and nothing lost that was there. */
class BadStoreTest {
  private static final int HEAD_BYTES = 128 * 1024;
  private static final int LABEL_BYTES = 4096;
  private static final int LABEL_COPIES = 2;
  private static final int LABEL_VERSION = 8;
  private static final int LABEL_INCOMPATIBLE = 32;
  private static final int LABEL_CHECKSUM = LABEL_BYTES - Long.BYTES;

  /** What stands for the object number in the checksum of a label. */
  private static final long LABEL_OWNER = -3;

  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void nameStore() {
    store = directory.resolve("store");
  }

  private Path blocks() {
    return store.resolve("blocks.zap");
  }

  private static String lines(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      text.append("key-").append(i).append("\tvalue of ").append(i).append('\n');
    }
    return text.toString();
  }

  private void load(int count) {
    Cli.runWith(lines(count), "load", store, "m").ok();
  }

  /** Runs each command that reads, and fails unless all say the same. */
  private List<Cli.Result> runAllThatRead(String map) {
    return List.of(
        Cli.run("get", store, map, "key-1"),
        Cli.run("rm", store, map, "key-1"),
        Cli.run("scan", store, map),
        Cli.run("count", store, map),
        Cli.runWith("key-1\tx\n", "verify", store, map),
        Cli.run("stat", store, map));
  }

  private List<Cli.Result> runAll() {
    List<Cli.Result> results = new ArrayList<>(runAllThatRead("m"));
    results.add(Cli.run("maps", store));
    results.add(Cli.run("stat", store));
    results.add(Cli.run("check", store));
    return results;
  }

  private List<Cli.Result> runAllThatWriteToo() {
    List<Cli.Result> results = runAll();
    results.add(Cli.run("put", store, "m", "k", "v"));
    results.add(Cli.runWith(lines(3), "load", store, "m"));
    results.add(Cli.run("compact", store));
    return results;
  }

  private static void assertRefused(List<Cli.Result> results, int exitCode, String message) {
    for (Cli.Result result : results) {
      result.exits(exitCode);
      assertTrue(result.err().startsWith("zap: "), result.err());
      assertEquals(1, result.err().lines().count(), result.err());
      assertTrue(result.err().contains(message), result.err());
      assertEquals("", result.out());
    }
  }

  @Test
  void shouldNotCreateAStoreToReadFromIt() {
    assertRefused(runAll(), ExitCode.UNUSABLE, store + " holds no store");
    assertFalse(Files.exists(store));
  }

  @Test
  void shouldNotTakeAnotherDirectoryForAStore() throws IOException {
    Files.createDirectory(store);
    Path file = Files.writeString(store.resolve("precious.txt"), "mine");
    assertRefused(runAll(), ExitCode.UNUSABLE, "holds no store");
    assertRefused(
        List.of(
            Cli.run("put", store, "m", "k", "v"),
            Cli.runWith(lines(3), "load", store, "m"),
            Cli.run("demo", "--store", store, store)),
        ExitCode.UNUSABLE,
        "precious.txt");
    try (var files = Files.list(store)) {
      assertEquals(List.of(file), files.toList());
    }
    assertEquals("mine", Files.readString(file));
  }

  @Test
  void shouldNotTakeAFileForAStore() throws IOException {
    Files.writeString(store, "mine");
    assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "a store is a directory");
    assertEquals("mine", Files.readString(store));
  }

  @Test
  void shouldNameTheMapsWhenOneIsNotThere() {
    load(3);
    assertRefused(runAllThatRead("other"), ExitCode.NO, "no map \"other\"");
    assertRefused(runAllThatRead("other"), ExitCode.NO, "[m]");
    assertEquals("m\n", Cli.run("maps", store).ok().out());
  }

  @Test
  void shouldSayWhoHasTheStoreOpen() {
    load(3);
    try (ZapStore opened = ZapStore.open(store)) {
      String pid = Long.toString(ProcessHandle.current().pid());
      assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "process " + pid);
      assertEquals(3, opened.map("m").size());
    }
    assertEquals("3\n", Cli.run("count", store, "m").ok().out());
  }

  /** Changes both labels and makes their checksums right again. */
  private void changeLabels(int offset, byte value) throws IOException {
    byte[] file = Files.readAllBytes(blocks());
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    for (int copy = 0; copy < LABEL_COPIES; copy++) {
      int label = copy * LABEL_BYTES;
      assertEquals(labelChecksum(file, label), bytes.getLong(label + LABEL_CHECKSUM));
      file[label + offset] = value;
      bytes.putLong(label + LABEL_CHECKSUM, labelChecksum(file, label));
    }
    Files.write(blocks(), file);
  }

  private static long labelChecksum(byte[] file, int label) {
    // As the description of the format has it.
    long owner = LABEL_OWNER;
    long seed = owner * 0x9E3779B97F4A7C15L ^ Long.rotateLeft(0xBB67AE8584CAA73BL, 41);
    return LongHashFunction.xx(seed).hashBytes(file, label, LABEL_CHECKSUM);
  }

  @Test
  void shouldRefuseANewerFormat() throws IOException {
    load(3);
    changeLabels(LABEL_VERSION, (byte) 77);
    byte[] before = Files.readAllBytes(blocks());
    assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "format version 77");
    assertArrayEquals(before, Files.readAllBytes(blocks()));
    changeLabels(LABEL_VERSION, (byte) 1);
    assertEquals("3\n", Cli.run("count", store, "m").ok().out());
  }

  @Test
  void shouldRefuseAFeatureThatItDoesNotKnow() throws IOException {
    load(3);
    changeLabels(LABEL_INCOMPATIBLE + 7, (byte) 0x40);
    byte[] before = Files.readAllBytes(blocks());
    assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "bit 62");
    assertArrayEquals(before, Files.readAllBytes(blocks()));
  }

  @Test
  void shouldRefuseAFileThatIsNoStore() throws IOException {
    load(3);
    byte[] other = "this is not a store\n".repeat(20_000).getBytes(StandardCharsets.UTF_8);
    Files.write(blocks(), other);
    assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "no Zap store");
    assertArrayEquals(other, Files.readAllBytes(blocks()));
  }

  @Test
  void shouldReportATruncatedFileWhereverItIsCut() throws IOException {
    load(3000);
    byte[] whole = Files.readAllBytes(blocks());
    int[] lengths = {0, 1, 4095, 4096, 8192, 100_000, HEAD_BYTES, whole.length / 2};
    for (int length : lengths) {
      Files.write(blocks(), Arrays.copyOf(whole, length));
      Cli.Result result = Cli.run("check", store);
      int expected = length < LABEL_BYTES ? ExitCode.UNUSABLE : ExitCode.DAMAGED;
      String message = "length=" + length + " " + result;
      assertTrue(result.exitCode() == expected || result.exitCode() == ExitCode.DAMAGED, message);
      assertEquals(length, Files.size(blocks()), message);
    }
    Files.write(blocks(), whole);
    Cli.runWith(lines(3000), "verify", store, "m").ok();
    Cli.run("check", store).ok();
  }

  @Test
  void shouldFindFlippedBitsAndNeverReturnWrongData() throws IOException {
    load(3000);
    byte[] whole = Files.readAllBytes(blocks());
    String input = lines(3000);
    long seed = Seeds.next();
    Random random = new Random(seed);
    int damaged = 0;
    for (int round = 0; round < 15; round++) {
      byte[] bytes = whole.clone();
      int offset = HEAD_BYTES + random.nextInt(whole.length - HEAD_BYTES);
      bytes[offset] ^= (byte) (1 << random.nextInt(8));
      Files.write(blocks(), bytes);
      String message = "seed=" + seed + " round=" + round + " offset=" + offset + " ";
      Cli.Result verified = Cli.runWith(input, "verify", store, "m");
      assertTrue(
          verified.exitCode() == ExitCode.OK || verified.exitCode() == ExitCode.DAMAGED,
          () -> message + verified);
      // Opening and closing may have written; the check is of the same damage.
      Files.write(blocks(), bytes);
      Cli.Result check = Cli.run("check", store);
      assertTrue(
          check.exitCode() == ExitCode.DAMAGED
              || (check.exitCode() == ExitCode.OK && verified.exitCode() == ExitCode.OK),
          () -> message + verified + check);
      damaged += check.exitCode() == ExitCode.DAMAGED ? 1 : 0;
    }
    assertTrue(damaged > 0, "seed=" + seed + ": no flip did any harm");
    Files.write(blocks(), whole);
    Cli.runWith(input, "verify", store, "m").ok();
  }

  @Test
  void shouldSayThatThereIsNoPermission() throws IOException {
    assumeTrue(Files.getFileStore(directory).supportsFileAttributeView("posix"));
    load(3);
    try {
      Files.setPosixFilePermissions(blocks(), PosixFilePermissions.fromString("---------"));
      assumeFalse(Files.isReadable(blocks()), "this user may do everything");
      assertRefused(runAllThatWriteToo(), ExitCode.UNUSABLE, "permission");
      Files.setPosixFilePermissions(blocks(), PosixFilePermissions.fromString("rw-------"));
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-x------"));
      store = directory.resolve("new");
      assertRefused(List.of(Cli.run("put", store, "m", "k", "v")), ExitCode.UNUSABLE, "permission");
    } finally {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void shouldKeepWhatIsDurableWhenNoMoreFits() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    Path input = Files.writeString(directory.resolve("input"), lines(150_000));
    // A limit on the size of files is as good as a full disk, and needs no privilege.
    List<String> command =
        new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -f 6144; exec \"$@\"", "sh"));
    command.addAll(
        ChildJvm.command(
            "load", "--acks", "--batch", "500", "--durability=sync", store, "m", input));
    command.add(5, "-XX:-UsePerfData");
    Process process = new ProcessBuilder(command).start();
    String acks;
    String err;
    try (ChildWatch watch = ChildWatch.of(process);
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
      assertNotNull(watch);
      acks = String.join("\n", out.lines().toList());
      err = String.join("\n", errors.lines().toList());
    }
    assertEquals(ExitCode.UNUSABLE, process.waitFor(), err);
    assertTrue(err.contains("zap: "), err);
    assertTrue(err.contains("File too large") || err.contains("is full"), err);
    assertFalse(err.contains("takes no more"), err);
    long acknowledged =
        acks.lines().mapToLong(l -> Long.parseLong(l.replace("committed ", ""))).max().orElse(0);
    assertTrue(acknowledged > 0 && acknowledged < 150_000, acks + err);
    Cli.run("check", store).ok();
    long count = Long.parseLong(Cli.run("count", store, "m").ok().out().strip());
    assertTrue(count >= acknowledged && count % 500 == 0, count + " of " + acknowledged);
    Cli.runWith(lines((int) count), "verify", store, "m").ok();
  }
}
