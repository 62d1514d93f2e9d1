// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** zap scrub. */
class ScrubCommandTest {
  private static final int HEAD_BYTES = 128 << 10;
  private static final int SECTOR_BYTES = 512;

  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void loadStore() {
    store = directory.resolve("store");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append("key-").append(i).append('\t').append(i).append('\n');
    }
    Cli.runWith(text.toString(), "load", store, "m").ok();
  }

  private Path blocks() {
    return store.resolve("blocks.zap");
  }

  /** Where a sector is stored that is also stored before: second copies, and some old blocks. */
  private List<Integer> secondCopies(byte[] file) {
    Map<ByteBuffer, Integer> first = new HashMap<>();
    List<Integer> found = new ArrayList<>();
    ByteBuffer zeros = ByteBuffer.allocate(SECTOR_BYTES);
    for (int at = HEAD_BYTES; at + SECTOR_BYTES <= file.length; at += SECTOR_BYTES) {
      ByteBuffer sector = ByteBuffer.wrap(file, at, SECTOR_BYTES).slice();
      if (!sector.equals(zeros) && first.putIfAbsent(sector, at) != null) {
        found.add(at);
      }
    }
    return found;
  }

  private void damage(byte[] good, int at) throws IOException {
    byte[] bad = good.clone();
    bad[at + 7] ^= 1;
    Files.write(blocks(), bad);
  }

  @Test
  void shouldFindNothingWrongWithASoundStore() {
    Cli.Result result = Cli.run("scrub", store, "--rate", "1g").ok();
    assertTrue(
        result.out().matches("scrubbed [0-9,]+ blocks \\(.*\\)\nmended copies: 0\nno damage\n"));
    assertEquals("", result.err());
    assertTrue(Cli.run("stat", store).ok().out().contains("bad copies     0 met"));
  }

  @Test
  void shouldMendSecondCopies() throws IOException {
    byte[] good = Files.readAllBytes(blocks());
    int mended = 0;
    for (int at : secondCopies(good)) {
      damage(good, at);
      if (Cli.run("check", store).out().contains("second copy")) {
        String out = Cli.run("scrub", store).ok().out();
        assertTrue(out.contains("mended copies: 1\nno damage\n"), out);
        mended += out.startsWith("MENDED: object ") ? 1 : 0;
        assertTrue(Cli.run("check", store).ok().out().contains("no problems"));
      }
    }
    assertTrue(mended > 0, "no second copy was found");
  }

  @Test
  void shouldTellOfDamageToData() throws IOException {
    byte[] good = Files.readAllBytes(blocks());
    List<Integer> copies = secondCopies(good);
    Cli.Result scrub = Cli.run("scrub", store).ok();
    for (int at = HEAD_BYTES; !scrub.out().contains("DAMAGED: object 2 "); ) {
      if (!copies.contains(at)) {
        damage(good, at);
        scrub = Cli.run("scrub", store);
      }
      at += 16 * SECTOR_BYTES;
      assertTrue(at < good.length, "no data was found");
    }
    String out = scrub.exits(ExitCode.DAMAGED).out();
    assertTrue(out.matches("(?s)DAMAGED: object \\d+ block \\d+: .*\nnot mended: 1\n"), out);
    assertEquals(ExitCode.DAMAGED, Cli.run("check", store).exitCode());
  }

  @Test
  void shouldRefuseWhatItCannotDo() {
    Cli.run("scrub", directory.resolve("none")).exits(ExitCode.UNUSABLE);
    Cli.run("scrub", store, "--rate", "0").exits(ExitCode.USAGE);
    Cli.run("scrub", store, "--rate", "fast").exits(ExitCode.USAGE);
  }
}
