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
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.zapkv.format.FormatReader;
import org.zapkv.pool.Compression;
import org.zapkv.zap.Collisions;

/** Small stores of every form there is, and what is in them. */
final class GoldenStores {
  /** What a store of each name is made of, and what of the format it is kept for. */
  enum Kind {
    /** No map. */
    EMPTY("micro"),
    /** Maps in one block. */
    MICRO("micro"),
    /** A fat map with many leaves, and one with few. */
    FAT("fat", "tree"),
    /** A map whose pointer table is in blocks of its own. */
    TABLE("fat", "table of its own"),
    /** Many keys with one hash. */
    FLOODED("overflow", "value apart", "LZ4"),
    /** Leaves that are packed: with keys and values of many sizes, after removals and updates. */
    PACKED("packed", "fat", "plain"),
    /** The same with what can be compressed. */
    SQUEEZED("packed and LZ4", "LZ4", "overflow"),
    /** Values that are objects of their own. */
    LARGE("value object", "tree", "plain"),
    /** What can be compressed, and what cannot. */
    TEXT("LZ4", "plain", "value object"),
    /** Records in the intent log that no group has. */
    LOG("log", "record in parts", "large batch");

    private final String forms;

    Kind(String... forms) {
      this.forms = String.join(",", forms);
    }

    /** What {@link FormatReader} has to meet in it. */
    Set<String> forms() {
      return Set.of(forms.split(","));
    }
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
    try (ZapStore store = open(directory, kind)) {
      fill(store, kind);
    }
  }

  private static ZapStore open(Path directory, Kind kind) {
    return ZapStore.builder()
        .leafBytes(4096)
        .compression(compression(kind.forms()))
        .durability(Durability.NONE)
        .syncInterval(Duration.ofDays(1))
        .open(directory);
  }

  private static Compression compression(Set<String> forms) {
    if (forms.contains("LZ4")) {
      return Compression.LZ4;
    }
    return forms.contains("packed") ? Compression.PACKED : Compression.NONE;
  }

  /** The files as they are when the process is killed. */
  private static void makeKilled(Path directory) throws IOException {
    Path living = directory.resolveSibling(directory.getFileName() + "-living");
    Files.createDirectories(directory);
    try (ZapStore store = open(living, Kind.LOG)) {
      fill(store, Kind.LOG);
      store.sync();
      ZapMap map = store.map("later");
      store.batch().put(map, "a", "1").put(map, "b", "2".repeat(5000)).commit(Durability.SYNC);
      store.map("small").remove("n3");
      store.map("in parts").put("more than a segment", "long ".repeat(300_000));
      Batch large = store.batch();
      for (int i = 0; i < 600; i++) {
        large.putLong(i % 2 == 0 ? map : store.map("odd"), "key " + i, i);
      }
      large.commit();
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
        for (int i = 0; i < 600; i++) {
          store.map("many").put("key " + i, new byte[i % 40]);
        }
        store.map("few \u00e4").put("", "empty key");
        store.map("few \u00e4").put("empty value", "");
        store.sync();
        for (int i = 0; i < 600; i += 3) {
          store.map("many").remove("key " + i);
        }
      }
      case PACKED, SQUEEZED -> {
        fillMixed(store.map("mixed"), random);
        for (int i = 0; kind == Kind.SQUEEZED && i < 100; i++) {
          store.map("flood").put(Collisions.key(1, i), new byte[i]);
        }
      }
      case TABLE -> fillTable(store.map("table"));
      case FLOODED -> {
        for (int i = 0; i < 300; i++) {
          store.map("flood").putLong(Collisions.key(1, i), i);
        }
        for (int i = 0; i < 300; i += 2) {
          store.map("flood").put(Collisions.key(1, i), new byte[300 + i]);
        }
      }
      case LARGE -> {
        store.map("values").put("one block", "block".repeat(600));
        store.map("values").put("blocks", "blocks".repeat(50_000));
      }
      case TEXT -> {
        for (int i = 0; i < 50; i++) {
          store.map("text").put("key " + i, "the same text again and again ".repeat(10) + i);
          store.map("noise").put("key " + i, Seeds.bytes(random, 200));
        }
        store.map("text").put("large", "a long text ".repeat(20_000));
        store.map("noise").put("large", Seeds.bytes(random, 10 * 512));
      }
    }
  }

  private static void fillMixed(ZapMap map, Random random) {
    for (int i = 0; i < 800; i++) {
      String key = "k".repeat(1 << i % 9) + random.nextInt(400);
      switch (i % 5) {
        case 0 -> map.remove(key);
        case 1 -> map.putLong(key, random.nextLong());
        case 2 -> map.put(key, "value ".repeat(random.nextInt(100)));
        default -> map.put(key, Seeds.bytes(random, random.nextInt(100)));
      }
    }
  }

  /**
   * More keys than a leaf holds that agree in more bits than the table in block 0 tells apart. That
   * they do holds for every salt.
   */
  private static void fillTable(ZapMap map) {
    for (long group = 0; map.size() < 100; group++) {
      if ((group * 0x9E3779B97F4A7C15L) >>> 54 == 0) {
        map.putLong(Collisions.key(group, 0), group);
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
