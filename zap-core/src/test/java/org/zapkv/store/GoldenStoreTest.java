// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import net.openhft.hashing.LongHashFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.format.FormatReader;

/**
 * Stores of every form are read right: by the store, by what is salvaged of them, and by a reader
 * that knows the document only. Both those that are made now and those that were kept: the kept
 * ones are what no later version may fail to read. {@code -Dzap.golden.write=DIR} writes new ones.
 */
@Tag("once")
class GoldenStoreTest {
  private static final String GOLDEN = "/golden/v1/";

  /* The label, as the document has it. */
  private static final int LABEL_BYTES = 4096;
  private static final int READ_ONLY_COMPATIBLE = 24;
  private static final int INCOMPATIBLE = 32;

  /** Owner -3, all else zero. */
  private static final long LABEL_SEED =
      0x255992D382208BC1L ^ Long.rotateLeft(0xBB67AE8584CAA73BL, 41);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(GoldenStores.Kind.class)
  void aNewStoreIsReadByTheDocument(GoldenStores.Kind kind) throws IOException {
    Path path = directory.resolve("s");
    GoldenStores.make(kind, path);
    String expected;
    try (ZapStore store = ZapStore.builder().readOnly(true).open(path)) {
      expected = GoldenStores.text(GoldenStores.contents(store));
    }
    assertFalse(expected.isEmpty() && kind != GoldenStores.Kind.EMPTY);
    String target = System.getProperty("zap.golden.write", "");
    if (!target.isEmpty()) {
      GoldenStores.pack(path, expected, Path.of(target).resolve(fileName(kind)));
    }
    assertReads(kind, path, expected);
  }

  @ParameterizedTest
  @EnumSource(GoldenStores.Kind.class)
  void aKeptStoreIsReadAsEver(GoldenStores.Kind kind) throws IOException {
    Path path = directory.resolve("s");
    try (InputStream zip = open(kind)) {
      assertReads(kind, path, GoldenStores.unpack(zip, path));
    }
  }

  /** What a later version may add to a store is refused here, by its name or its bit. */
  @Test
  void aKeptStoreWithNewFeaturesIsRefusedByName() throws IOException {
    Path path = directory.resolve("s");
    String expected;
    try (InputStream zip = open(GoldenStores.Kind.MICRO)) {
      expected = GoldenStores.unpack(zip, path);
    }
    Path file = path.resolve(StoreDirectory.BLOCKS_FILE);
    byte[] blocks = Files.readAllBytes(file);
    Files.write(file, withFeature(blocks, READ_ONLY_COMPATIBLE, 1));
    assertTooNew(path, false, "SNAPSHOTS");
    try (ZapStore store = ZapStore.builder().readOnly(true).open(path)) {
      assertEquals(expected, GoldenStores.text(GoldenStores.contents(store)));
    }
    byte[] newer = withFeature(blocks, INCOMPATIBLE, 9);
    Files.write(file, newer);
    assertTooNew(path, false, "bit 9");
    assertTooNew(path, true, "bit 9");
    assertArrayEquals(newer, Files.readAllBytes(file));
  }

  /** It may be opened by a version that knows of no packed leaves. */
  @Test
  void aStoreFromBeforeLeavesWerePackedGetsNone() throws IOException {
    Path path = directory.resolve("s");
    try (InputStream zip = open(GoldenStores.Kind.FAT)) {
      GoldenStores.unpack(zip, path);
    }
    try (ZapStore store = ZapStore.open(path)) {
      for (int i = 0; i < 600; i++) {
        store.map("many").putLong("key " + i, i);
      }
    }
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    byte[] blocks = Files.readAllBytes(path.resolve(StoreDirectory.BLOCKS_FILE));
    FormatReader.Contents read = FormatReader.read(blocks, log);
    assertEquals(600, read.maps().get("many").size());
    assertFalse(read.forms().contains("packed"));
  }

  private static InputStream open(GoldenStores.Kind kind) {
    InputStream zip = GoldenStoreTest.class.getResourceAsStream(GOLDEN + fileName(kind));
    assertNotNull(zip, fileName(kind));
    return zip;
  }

  private static void assertTooNew(Path path, boolean readOnly, String feature) {
    ZapStoreBuilder builder = ZapStore.builder().readOnly(readOnly);
    FormatTooNewException e =
        assertThrows(FormatTooNewException.class, () -> builder.open(path).close());
    assertTrue(e.getMessage().contains(feature), e.getMessage());
  }

  /** Adds a feature to both labels. */
  private static byte[] withFeature(byte[] blocks, int word, int bit) {
    byte[] changed = blocks.clone();
    ByteBuffer bytes = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    for (int label = 0; label <= LABEL_BYTES; label += LABEL_BYTES) {
      bytes.putLong(label + word, bytes.getLong(label + word) | 1L << bit);
      int checksum = LABEL_BYTES - Long.BYTES;
      long sum = LongHashFunction.xx(LABEL_SEED).hashBytes(changed, label, checksum);
      bytes.putLong(label + checksum, sum);
    }
    return changed;
  }

  private static String fileName(GoldenStores.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT) + ".zip";
  }

  private void assertReads(GoldenStores.Kind kind, Path path, String expected) throws IOException {
    Path salvaged = directory.resolve("salvaged");
    SalvageReport report = ZapStore.builder().salvage(path, salvaged, (done, total) -> {});
    assertEquals(List.of(), report.problems());
    try (ZapStore store = ZapStore.open(salvaged)) {
      assertEquals(expected, GoldenStores.text(GoldenStores.contents(store)), "salvaged");
    }
    assertReadsByTheDocument(kind, path, expected);
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(expected, GoldenStores.text(GoldenStores.contents(store)));
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      boolean hasReplayed = store.statistics().log().replayedRecords() > 0;
      assertEquals(kind == GoldenStores.Kind.LOG, hasReplayed, "replayed");
    }
  }

  private static void assertReadsByTheDocument(GoldenStores.Kind kind, Path path, String expected)
      throws IOException {
    byte[] blocks = Files.readAllBytes(path.resolve(StoreDirectory.BLOCKS_FILE));
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    FormatReader.Contents read = FormatReader.read(blocks, log);
    assertEquals(expected, GoldenStores.text(read.maps()), "by the document");
    assertTrue(read.forms().containsAll(kind.forms()), () -> kind + " has " + read.forms());
    Arrays.fill(blocks, 0, LABEL_BYTES, (byte) 0);
    Arrays.fill(log, 0, LABEL_BYTES, (byte) 0);
    FormatReader.Contents bySecond = FormatReader.read(blocks, log);
    assertEquals(expected, GoldenStores.text(bySecond.maps()), "by the second heads");
  }
}
