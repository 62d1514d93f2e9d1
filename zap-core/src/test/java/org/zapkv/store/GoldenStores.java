// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.zapkv.format.FormatReader;
import org.zapkv.zap.Collisions;

/** Small stores of every form there is, and what is in them. */
final class GoldenStores {
  /** What a store of each name is made of. */
  enum Kind {
    /** No map. */
    EMPTY,
    /** Maps in one block. */
    MICRO,
    /**
     * Fat maps with many leaves, and with few; a map whose pointer table is in blocks of its own.
     */
    FAT,
    /** Many keys with one hash. */
    FLOODED,
    /** Values that are objects of their own. */
    LARGE,
    /** What can be compressed, and what cannot. */
    TEXT,
    /** Records in the intent log that no group has. */
    LOG
  }

  private static final List<String> FILES =
      List.of(StoreDirectory.BLOCKS_FILE, StoreDirectory.LOG_FILE);

  private static final String CONTENTS = "contents.txt";

  private GoldenStores() {}

  /** Makes a store; the same content each time. */
  static void make(Kind kind, Path directory) throws IOException {
    if (kind == Kind.LOG) {
      makeKilled(directory);
      return;
    }
    try (ZapStore store = open(directory)) {
      fill(store, kind);
    }
  }

  private static ZapStore open(Path directory) {
    return ZapStore.builder()
        .leafBytes(4096)
        .durability(Durability.NONE)
        .syncInterval(Duration.ofDays(1))
        .open(directory);
  }

  /** The files as they are when the process is killed. */
  private static void makeKilled(Path directory) throws IOException {
    Path living = directory.resolveSibling(directory.getFileName() + "-living");
    Files.createDirectories(directory);
    try (ZapStore store = open(living)) {
      fill(store, Kind.MICRO);
      store.sync();
      ZapMap map = store.map("later");
      store.batch().put(map, "a", "1").put(map, "b", "2".repeat(5000)).commit(Durability.SYNC);
      store.map("small").remove("n3");
      store.batch().putLong(store.map("small"), "n4", -4).commit(Durability.SYNC);
      for (String file : FILES) {
        Files.copy(living.resolve(file), directory.resolve(file));
      }
    }
  }

  private static void fill(ZapStore store, Kind kind) {
    Random random = new Random(kind.name().length());
    switch (kind) {
      case EMPTY -> store.sync();
      case MICRO, LOG -> {
        store.map("no entries");
        for (int i = 0; i < 20; i++) {
          store.map("small").putLong("n" + i, random.nextLong());
        }
      }
      case FAT -> {
        for (int i = 0; i < 3000; i++) {
          store.map("many").put("key " + i, Seeds.bytes(random, random.nextInt(40)));
        }
        store.map("few \u00e4").put("", "empty key");
        store.map("few \u00e4").put("empty value", "");
        store.sync();
        for (int i = 0; i < 3000; i += 3) {
          store.map("many").remove("key " + i);
        }
      }
      case FLOODED -> {
        for (int i = 0; i < 300; i++) {
          store.map("flood").putLong(Collisions.key(1, i), i);
        }
        for (int i = 0; i < 300; i += 2) {
          store.map("flood").put(Collisions.key(1, i), Seeds.bytes(random, 300));
        }
      }
      case LARGE -> {
        store.map("values").put("one block", Seeds.bytes(random, 3001));
        store.map("values").put("blocks", Seeds.bytes(random, 300_000));
      }
      case TEXT -> {
        for (int i = 0; i < 200; i++) {
          store.map("text").put("key " + i, "the same text again and again ".repeat(10) + i);
          store.map("noise").put("key " + i, Seeds.bytes(random, 200));
        }
        store.map("text").put("large", "a long text ".repeat(20_000));
      }
    }
  }

  /** What a store holds, in the words of {@link FormatReader}. */
  static SortedMap<String, SortedMap<String, String>> contents(ZapStore store) {
    SortedMap<String, SortedMap<String, String>> contents = new TreeMap<>();
    for (String name : store.mapNames()) {
      SortedMap<String, String> entries = new TreeMap<>();
      store
          .existingMap(name)
          .forEach(entry -> entries.put(FormatReader.hex(entry.key()), describe(entry)));
      contents.put(name, entries);
    }
    return contents;
  }

  private static String describe(ZapEntry entry) {
    return entry.isLong()
        ? FormatReader.describe(entry.longValue())
        : FormatReader.describe(entry.value());
  }

  /** A line for each map, and one for each entry. */
  static String text(SortedMap<String, SortedMap<String, String>> contents) {
    StringBuilder text = new StringBuilder();
    contents.forEach(
        (name, entries) -> {
          text.append("map ").append(name).append('\n');
          entries.forEach((key, value) -> text.append(key).append(": ").append(value).append('\n'));
        });
    return text.toString();
  }

  /** Puts a store and what it holds into one file. */
  static void pack(Path directory, String contents, Path zip) throws IOException {
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream packed = new ZipOutputStream(out)) {
      for (String file : FILES) {
        packed.putNextEntry(new ZipEntry(file));
        Files.copy(directory.resolve(file), packed);
      }
      packed.putNextEntry(new ZipEntry(CONTENTS));
      packed.write(contents.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Takes a store out again; gives what it should hold. */
  static String unpack(InputStream zip, Path directory) throws IOException {
    Files.createDirectories(directory);
    String contents = "";
    try (ZipInputStream packed = new ZipInputStream(zip)) {
      for (ZipEntry entry = packed.getNextEntry(); entry != null; entry = packed.getNextEntry()) {
        if (entry.getName().equals(CONTENTS)) {
          contents = new String(packed.readAllBytes(), StandardCharsets.UTF_8);
        } else {
          Files.copy(packed, directory.resolve(entry.getName()));
        }
      }
    }
    return contents;
  }
}
