// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.format.FormatReader;

/**
 * Stores of every form are read right: by the store, by what is salvaged of them, and by a reader
 * that knows the document only. Both those that are made now and those that were kept: the kept
 * ones are what no later version may fail to read. {@code -Dzap.golden.write=DIR} writes new ones.
 */
@Tag("once")
class GoldenStoreTest {
  private static final String GOLDEN = "/golden/v1/";

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
    try (InputStream zip = GoldenStoreTest.class.getResourceAsStream(GOLDEN + fileName(kind))) {
      assumeTrue(zip != null, "none is kept before the format is settled");
      assertReads(kind, path, GoldenStores.unpack(zip, path));
    }
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
    if (kind == GoldenStores.Kind.LOG) {
      // Opening it replays the log.
      ZapStore.open(path).close();
    }
    byte[] blocks = Files.readAllBytes(path.resolve(StoreDirectory.BLOCKS_FILE));
    assertEquals(expected, GoldenStores.text(FormatReader.read(blocks)), "by the document");
    byte[] damaged = blocks.clone();
    Arrays.fill(damaged, 0, 4096, (byte) 0);
    assertEquals(expected, GoldenStores.text(FormatReader.read(damaged)), "by the second label");
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(expected, GoldenStores.text(GoldenStores.contents(store)));
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }
}
