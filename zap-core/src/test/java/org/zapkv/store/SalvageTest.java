// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.StoreLockedException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.Compression;
import org.zapkv.zap.ShrinkPolicy;

/** What is left of a damaged store is recovered, all of it, and nothing that never was. */
@Tag("once")
class SalvageTest {
  private static final int SECTOR_BYTES = 512;
  private static final int HEAD_BYTES = 128 << 10;

  /** Of the first region: bitmaps and index nodes, which follow the head. */
  private static final int FIXED_END_BYTES = HEAD_BYTES + (64 << 10);

  private static final int TRAILER_BYTES = 64;
  private static final int TRAILER_MAGIC = 0x4B4C425A;

  /** Two rings of slots for uberblocks. */
  private static final int RING_OFFSET = 8192;

  private static final int RING_SLOTS = 15;
  private static final int SLOT_BYTES = 4096;

  /** How often sectors are damaged at random: set by -Dzap.salvage.rounds. */
  private static final int ROUNDS = Integer.getInteger("zap.salvage.rounds", 3);

  @TempDir Path directory;

  /** What a store holds, and what it ever held: maps, keys, values as the bytes of their text. */
  private final Map<String, Map<String, Integer>> model = new TreeMap<>();

  private final Map<String, Set<Integer>> history = new HashMap<>();

  private Path damaged() {
    return directory.resolve("damaged");
  }

  private void put(ZapMap map, String key, byte[] value) {
    map.put(key, value);
    note(map.name(), key, Arrays.hashCode(value));
  }

  private void note(String map, String key, int value) {
    model.computeIfAbsent(map, m -> new TreeMap<>()).put(key, value);
    history.computeIfAbsent(map + "/" + key, k -> new HashSet<>()).add(value);
  }

  private void remove(ZapMap map, String key) {
    map.remove(key);
    model.getOrDefault(map.name(), new TreeMap<>()).remove(key);
  }

  /** Small values, large values, a micro map; in several groups, with changes and removals. */
  private void fill(long seed) {
    Random random = new Random(seed);
    try (ZapStore store =
        ZapStore.builder().leafBytes(4096).durability(Durability.NONE).open(damaged())) {
      ZapMap small = store.map("small");
      for (int i = 0; i < 20; i++) {
        small.putLong("n" + i, i);
        note("small", "n" + i, Arrays.hashCode(longBytes(i)));
      }
      for (String name : List.of("a", "b")) {
        ZapMap map = store.map(name);
        for (int round = 0; round < 6; round++) {
          for (int i = 0; i < 300; i++) {
            String key = "key " + random.nextInt(1000);
            int what = random.nextInt(20);
            if (what == 0) {
              put(
                  map,
                  key,
                  Seeds.bytes(
                      random, random.nextInt(10) == 0 ? 200_000 : 3000 + random.nextInt(3000)));
            } else if (what < 5 || round == 5) {
              remove(map, key);
            } else {
              put(map, key, Seeds.bytes(random, random.nextInt(200)));
            }
          }
          store.sync();
        }
      }
    }
  }

  private static byte[] longBytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private byte[] content() throws IOException {
    return Files.readAllBytes(damaged().resolve(StoreDirectory.BLOCKS_FILE));
  }

  private void write(byte[] content) throws IOException {
    Files.write(damaged().resolve(StoreDirectory.BLOCKS_FILE), content);
  }

  private static void wipe(byte[] content, int from, int end) {
    Arrays.fill(content, from, Math.min(end, content.length), (byte) 0);
  }

  /** Wipes all that does not lie in a block with a trailer: dnodes, indirect blocks. */
  private static void wipeTree(byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    BitSet kept = new BitSet();
    for (int end = FIXED_END_BYTES; end <= content.length; end += SECTOR_BYTES) {
      kept.set(end / SECTOR_BYTES - sectorsOfBlock(bytes, end), end / SECTOR_BYTES);
    }
    for (int sector = FIXED_END_BYTES / SECTOR_BYTES;
        sector < content.length / SECTOR_BYTES;
        sector++) {
      if (!kept.get(sector)) {
        wipe(content, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
      }
    }
  }

  private SalvageReport salvage(Path target) {
    return salvage(damaged(), target);
  }

  /** What comes of the blocks with trailers alone; with them so much of the beginning is lost. */
  private SalvageReport salvageWithoutTree(int lostBytes) throws IOException {
    byte[] content = content();
    wipe(content, 0, lostBytes);
    wipeTree(content);
    write(content);
    return salvage(directory.resolve("new"));
  }

  private static SalvageReport salvage(Path from, Path target) {
    return ZapStore.builder().cacheBytes(8 << 20).salvage(from, target, (done, total) -> {});
  }

  private static Map<String, Map<String, Integer>> read(Path path) {
    Map<String, Map<String, Integer>> found = new TreeMap<>();
    try (ZapStore store = ZapStore.open(path)) {
      for (String name : store.mapNames()) {
        Map<String, Integer> entries = new TreeMap<>();
        store
            .existingMap(name)
            .forEach(
                entry ->
                    entries.put(
                        entry.keyString(),
                        Arrays.hashCode(
                            entry.isLong() ? longBytes(entry.longValue()) : entry.value())));
        found.put(name, entries);
      }
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
    return found;
  }

  @Test
  void aStoreThatIsWholeIsCopied() {
    fill(1);
    SalvageReport report = salvage(directory.resolve("new"));
    assertTrue(report.isComplete(), report.toString());
    assertEquals(model, read(directory.resolve("new")));
  }

  /** Whatever is lost above the leaves: all is recovered, and nothing that was removed. */
  @Test
  void withoutHeadOrTreeEverythingIsRecovered() throws IOException {
    long seed = Seeds.next();
    fill(seed);
    byte[] whole = content();
    for (int lost = 1; lost < 4; lost++) {
      byte[] content = whole.clone();
      if ((lost & 1) != 0) {
        wipe(content, 0, HEAD_BYTES);
      }
      if ((lost & 2) != 0) {
        wipeTree(content);
      }
      write(content);
      Path target = directory.resolve("new" + lost);
      SalvageReport report = salvage(target);
      String message = "lost " + lost + " -Dzap.seed=" + seed + " " + report;
      assertEquals(model, read(target), message);
      assertTrue(!report.isComplete(), message);
      assertTrue(report.maps().stream().allMatch(SalvagedMap::isComplete), message);
      assertArrayEquals(content, content(), "the damaged store is as it was");
    }
  }

  /** Without bitmaps too, what was removed may be back; what is there is right. */
  @Test
  void withNothingButLeavesEveryEntryIsThere() throws IOException {
    long seed = Seeds.next();
    fill(seed);
    byte[] content = content();
    wipe(content, 0, FIXED_END_BYTES);
    wipeTree(content);
    write(content);
    Path target = directory.resolve("new");
    SalvageReport report = salvage(target);
    String message = "-Dzap.seed=" + seed + " " + report;
    Map<String, Map<String, Integer>> found = read(target);
    model.forEach(
        (map, entries) ->
            entries.forEach(
                (key, value) ->
                    assertEquals(value, found.get(map).get(key), map + " " + key + message)));
    assertInHistory(found, message);
    assertTrue(report.maps().stream().mapToLong(SalvagedMap::uncertainEntries).sum() > 0, message);
  }

  private void assertInHistory(Map<String, Map<String, Integer>> found, String message) {
    found.forEach(
        (map, entries) ->
            entries.forEach(
                (key, value) -> {
                  Set<Integer> ever = history.get(map + "/" + key);
                  assertNotNull(ever, map + " " + key + " never was: " + message);
                  assertTrue(ever.contains(value), map + " " + key + ": " + message);
                }));
  }

  /** What a leaf had that was merged away: the leaf that took over its keys is younger. */
  @Test
  void aLeafThatWasMergedAwayDoesNotCount() throws IOException {
    try (ZapStore store =
        ZapStore.builder().leafBytes(4096).durability(Durability.NONE).open(damaged())) {
      ZapMap map = store.map("a");
      for (int i = 0; i < 1000; i++) {
        put(map, "key " + i, new byte[10]);
      }
      store.sync();
      for (int i = 5; i < 1000; i++) {
        remove(map, "key " + i);
      }
    }
    SalvageReport report = salvageWithoutTree(FIXED_END_BYTES);
    assertEquals(model, read(directory.resolve("new")), report.toString());
    assertEquals(5, report.maps().get(0).uncertainEntries(), report.toString());
  }

  /** Damages the uberblock of a group in the first so many of its copies. */
  private static void damageUberblock(byte[] content, long group, int copies) {
    for (int copy = 0; copy < copies; copy++) {
      int slot = RING_OFFSET + (copy * RING_SLOTS + (int) (group % RING_SLOTS)) * SLOT_BYTES;
      Arrays.fill(content, slot + SECTOR_BYTES, slot + 2 * SECTOR_BYTES, (byte) 0x5A);
    }
  }

  private static long newestGroup(byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    long newest = 0;
    for (int slot = 0; slot < 2 * RING_SLOTS; slot++) {
      newest = Math.max(newest, bytes.getLong(RING_OFFSET + slot * SLOT_BYTES + Long.BYTES));
    }
    return newest;
  }

  /** Groups in which every entry is changed; in the last one half of them are removed. */
  private byte[] contentAfterGroups(int groups) throws IOException {
    try (ZapStore store =
        ZapStore.builder()
            .leafBytes(4096)
            .durability(Durability.NONE)
            .syncInterval(Duration.ofDays(1))
            .open(damaged())) {
      ZapMap map = store.map("a");
      for (int group = 0; group < groups; group++) {
        for (int i = 0; i < 200; i++) {
          put(map, "key " + i, new byte[group + 1]);
        }
        store.sync();
      }
      for (int i = 0; i < 200; i += 2) {
        remove(map, "key " + i);
      }
    }
    return content();
  }

  /** The tree of the group before is whole, and has what the lost group changed and removed. */
  @ParameterizedTest
  @ValueSource(ints = {3, 20})
  void withoutTheNewestUberblockNothingIsCertain(int groups) throws IOException {
    byte[] whole = contentAfterGroups(groups);
    long newest = newestGroup(whole);
    byte[] content = whole.clone();
    damageUberblock(content, newest, 2);
    write(content);
    SalvageReport report = salvage(directory.resolve("new"));
    SalvagedMap map = report.maps().get(0);
    assertEquals(200, map.entries(), report.toString());
    assertEquals(200, map.uncertainEntries(), report.toString());
    assertTrue(report.problems().get(0).contains("group " + newest), report.toString());
    assertInHistory(read(directory.resolve("new")), report.toString());
  }

  /** The store opens in the state before, as after a loss of power, but not without a word. */
  @Test
  void openingTellsOfALostUberblock() throws IOException {
    byte[] content = contentAfterGroups(3);
    long newest = newestGroup(content);
    damageUberblock(content, newest, 1);
    write(content);
    assertEquals(List.of(), warningsOfOpening());
    damageUberblock(content, newest, 2);
    write(content);
    List<LogRecord> warnings = warningsOfOpening();
    assertEquals(1, warnings.size());
    assertEquals("" + newest, warnings.get(0).getParameters()[2]);
  }

  private List<LogRecord> warningsOfOpening() {
    List<LogRecord> warnings = new ArrayList<>();
    Logger logger = Logger.getLogger("org.zapkv.pool.Uberblock");
    logger.setFilter(
        entry -> {
          warnings.add(entry);
          return false;
        });
    try {
      ZapStore.builder().readOnly(true).open(damaged()).close();
    } finally {
      logger.setFilter(null);
    }
    return warnings;
  }

  /** One copy of either is enough to know that no group is missing. */
  @ParameterizedTest
  @ValueSource(ints = {3, 20})
  void withOneCopyOfTheNewestAndTheNextUberblockAllIsCertain(int groups) throws IOException {
    byte[] content = contentAfterGroups(groups);
    long newest = newestGroup(content);
    damageUberblock(content, newest, 1);
    damageUberblock(content, newest + 1, 1);
    write(content);
    SalvageReport report = salvage(directory.resolve("new"));
    assertTrue(report.isComplete(), report.toString());
    assertEquals(model, read(directory.resolve("new")));
  }

  /** What a group wrote whose uberblock did not get to the disk was never committed. */
  @Test
  void whatIsYoungerThanTheStateDoesNotCount() throws IOException {
    Path logFile = damaged().resolve(StoreDirectory.LOG_FILE);
    byte[] before;
    byte[] log;
    byte[] content;
    try (ZapStore store =
        ZapStore.builder()
            .leafBytes(4096)
            .durability(Durability.NONE)
            .syncInterval(Duration.ofDays(1))
            .open(damaged())) {
      ZapMap map = store.map("a");
      for (int i = 0; i < 300; i++) {
        put(map, "key " + i, new byte[10]);
      }
      store.sync();
      before = content();
      log = Files.readAllBytes(logFile);
      for (int i = 0; i < 300; i++) {
        map.put("key " + 2 * i, new byte[20]);
      }
      store.sync();
      content = content();
    }
    System.arraycopy(before, 0, content, 0, HEAD_BYTES);
    wipe(content, HEAD_BYTES, FIXED_END_BYTES);
    wipeTree(content);
    write(content);
    Files.write(logFile, log);
    SalvageReport report = salvage(directory.resolve("new"));
    assertEquals(model, read(directory.resolve("new")), report.toString());
  }

  /** Where a sector in a hundred is lost: what the store itself can still read, and maybe more. */
  @Test
  void withHolesEverywhereAllThatIsWholeIsRecovered() throws IOException {
    long seed = Seeds.next();
    fill(seed);
    byte[] whole = content();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] content = whole.clone();
      for (int sector = 0; sector < content.length / SECTOR_BYTES; sector++) {
        if (random.nextInt(100) == 0) {
          byte[] noise = Seeds.bytes(random, SECTOR_BYTES);
          System.arraycopy(noise, 0, content, sector * SECTOR_BYTES, SECTOR_BYTES);
        }
      }
      write(content);
      Path target = directory.resolve("new" + round);
      SalvageReport report = salvage(target);
      String message = "round " + round + " -Dzap.seed=" + seed + " " + report;
      Map<String, Map<String, Integer>> found = read(target);
      long uncertain = report.maps().stream().mapToLong(SalvagedMap::uncertainEntries).sum();
      boolean hasNames = report.problems().stream().noneMatch(p -> p.contains("name"));
      if (hasNames && uncertain == 0) {
        found.forEach(
            (map, entries) ->
                entries.forEach(
                    (key, value) ->
                        assertEquals(model.get(map).get(key), value, map + " " + key + message)));
      } else if (hasNames) {
        assertInHistory(found, message);
      }
      if (hasNames) {
        boolean mayBeOutdated =
            report.problems().stream().anyMatch(p -> p.startsWith("both uberblocks of group"));
        assertAllThatIsReadable(found, mayBeOutdated, message);
      }
    }
  }

  /** Where the newest uberblock is lost, the store itself has the state before it too. */
  private void assertAllThatIsReadable(
      Map<String, Map<String, Integer>> found, boolean mayBeOutdated, String message) {
    try (ZapStore store = ZapStore.builder().readOnly(true).open(damaged())) {
      model.forEach(
          (map, entries) ->
              entries.forEach(
                  (key, value) -> {
                    Integer own = readable(store, map, key);
                    if (own != null) {
                      Integer expected = mayBeOutdated ? own : value;
                      assertEquals(expected, found.get(map).get(key), map + " " + key + message);
                    }
                  }));
    } catch (ZapException e) {
      assertTrue(found.size() <= model.size(), message);
    }
  }

  /** The value that a damaged store has for a key; null if it has none, or cannot read it. */
  private static @Nullable Integer readable(ZapStore store, String map, String key) {
    try {
      ZapEntry entry =
          store.existingMap(map).entry(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      if (entry == null) {
        return null;
      }
      return Arrays.hashCode(entry.isLong() ? longBytes(entry.longValue()) : entry.value());
    } catch (ZapException e) {
      return null;
    }
  }

  /** A value that holds a copy of another store's blocks, or of its own, is a value. */
  @Test
  void blocksInsideOfValuesAreNotTaken() throws IOException {
    fill(3);
    byte[] copy = content();
    byte[] part = Arrays.copyOfRange(copy, FIXED_END_BYTES, copy.length);
    // Compressed, a copy would not be one.
    try (ZapStore store = ZapStore.builder().compression(Compression.NONE).open(damaged())) {
      put(store.map("a"), "copy", part);
      // So there are leaves in the copy only.
      for (String key : List.copyOf(model.get("b").keySet())) {
        if (!key.endsWith("7")) {
          remove(store.map("b"), key);
        }
      }
    }
    SalvageReport report = salvageWithoutTree(HEAD_BYTES);
    assertEquals(model, read(directory.resolve("new")), report.toString());
  }

  /** A copy that begins in one block of the value and ends in the next is none either. */
  @Test
  void blocksThatGoOverTheEndOfAPartOfAValueAreNotTaken() throws IOException {
    Random random = new Random(7);
    ZapStoreBuilder builder = ZapStore.builder().compression(Compression.NONE);
    try (ZapStore store = builder.open(damaged())) {
      ZapMap map = store.map("a");
      for (int i = 0; i < 50; i++) {
        map.put("in front " + i, Seeds.bytes(random, 60_000));
      }
      store.sync();
      for (int i = 0; i < 20; i++) {
        put(map, "copied " + i, Seeds.bytes(random, 90_000));
      }
      store.sync();
      for (int i = 0; i < 50; i++) {
        map.remove("in front " + i);
      }
    }
    // In front of what is copied, and behind.
    byte[] copies = copiesOverEveryEnd(content(), 12 << 20);
    try (ZapStore store = builder.open(damaged())) {
      put(store.map("a"), "copies", copies);
    }
    SalvageReport report = salvageWithoutTree(HEAD_BYTES);
    assertEquals(model, read(directory.resolve("new")), report.toString());
  }

  /**
   * Some blocks again and again: an odd number of sectors, so that the ends of parts are anywhere.
   */
  private static byte[] copiesOverEveryEnd(byte[] store, int lengthBytes) {
    ByteBuffer bytes = ByteBuffer.wrap(store).order(ByteOrder.LITTLE_ENDIAN);
    ByteArrayOutputStream blocks = new ByteArrayOutputStream();
    int count = 0;
    // The last ones: in front of them there is room for copies.
    for (int end = store.length; end > FIXED_END_BYTES && count < 4; end -= SECTOR_BYTES) {
      int sectors = sectorsOfBlock(bytes, end);
      if (sectors > 150 && sectors < 200) {
        blocks.write(store, end - sectors * SECTOR_BYTES, sectors * SECTOR_BYTES);
        count++;
      }
    }
    assertEquals(4, count);
    if (blocks.size() / SECTOR_BYTES % 2 == 0) {
      blocks.writeBytes(new byte[SECTOR_BYTES]);
    }
    byte[] copies = new byte[lengthBytes];
    for (int at = 0; at < lengthBytes; at += blocks.size()) {
      int length = Math.min(blocks.size(), lengthBytes - at);
      System.arraycopy(blocks.toByteArray(), 0, copies, at, length);
    }
    return copies;
  }

  /** How much a block with a trailer takes that ends here; 0: none does. */
  private static int sectorsOfBlock(ByteBuffer bytes, int end) {
    int trailer = end - TRAILER_BYTES;
    return bytes.getInt(trailer) == TRAILER_MAGIC
        ? (bytes.getInt(trailer + 52) + TRAILER_BYTES + SECTOR_BYTES - 1) / SECTOR_BYTES
        : 0;
  }

  /** What was committed and is in no group yet is in the log. */
  @Test
  void theLogIsReplayed() throws IOException {
    Path killed = Files.createDirectory(directory.resolve("killed"));
    fill(5);
    try (ZapStore store = ZapStore.builder().syncInterval(Duration.ofDays(1)).open(damaged())) {
      put(store.map("a"), "in the log", new byte[5000]);
      put(store.map("made in the log"), "key", new byte[5]);
      remove(store.map("small"), "n1");
      for (String file : List.of(StoreDirectory.BLOCKS_FILE, StoreDirectory.LOG_FILE)) {
        Files.copy(damaged().resolve(file), killed.resolve(file));
      }
    }
    SalvageReport report = salvage(killed, directory.resolve("new"));
    assertTrue(report.isComplete(), report.toString());
    assertTrue(report.logRecords() >= 3, report.toString());
    assertEquals(model, read(directory.resolve("new")));
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    fill(1);
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertThrows(NotAStoreException.class, () -> salvage(empty, directory.resolve("new")));
    assertThrows(ZapException.class, () -> salvage(damaged()));
    try (ZapStore writer = ZapStore.open(damaged())) {
      assertThrows(StoreLockedException.class, () -> salvage(directory.resolve("new")));
      assertEquals(3, writer.mapNames().size());
    }
    try (ZapStore reader = ZapStore.builder().readOnly(true).open(damaged())) {
      assertTrue(salvage(directory.resolve("new")).isComplete());
      assertEquals(3, reader.mapNames().size());
    }
  }

  /**
   * A value of several MiB goes from store to store as a stream, as one would that fits nowhere.
   */
  @Test
  void streamsAndTheOptionsOfMapsAreKept() throws IOException {
    MapOptions options =
        MapOptions.none().withLeafBytes(8192).withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL);
    byte[] large = Seeds.bytes(new Random(1), (5 << 20) + 77);
    try (ZapStore store = ZapStore.open(damaged())) {
      ZapMap map = store.map("m", options);
      map.put("a", "small");
      for (String key : List.of("b", "lost")) {
        try (ValueOutputStream out = map.newValue(key)) {
          out.write(large, 0, large.length - (key.equals("b") ? 0 : 1));
          out.commit();
        }
      }
    }
    damageLast(Arrays.copyOfRange(large, 4 << 20, (4 << 20) + 64));
    SalvageReport report =
        ZapStore.builder().salvage(damaged(), directory.resolve("new"), (done, total) -> {});
    assertEquals(1, report.maps().get(0).lostValues(), report::toString);
    try (ZapStore store = ZapStore.open(directory.resolve("new"))) {
      ZapMap map = store.map("m", options); // else refused
      assertEquals("small", map.getString("a"));
      assertArrayEquals(large, map.get("b"));
      assertEquals(2, map.size());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /** Turns a bit over where the file of the blocks has some bytes for the last time. */
  private void damageLast(byte[] sought) throws IOException {
    Path file = damaged().resolve(StoreDirectory.BLOCKS_FILE);
    byte[] content = Files.readAllBytes(file);
    int at = content.length - sought.length;
    while (!Arrays.equals(content, at, at + sought.length, sought, 0, sought.length)) {
      at--;
    }
    content[at] ^= 1;
    Files.write(file, content);
  }
}
