// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Configuration;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.zap.ZapActivity;

/** What happens in a store is in a recording that asks for it, once, and in no other. */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventsTest {
  private static final Path DOCUMENT = Path.of("docs/observing.md");
  private static final Path SOURCES = Path.of("../zap-cache/src/main/java/org/zapkv/event");
  private static final Path SETTINGS = Path.of("docs/zap.jfc");

  @TempDir Path directory;

  /** A store whose groups are synced when it is asked to. */
  private ZapStoreBuilder builder() {
    return ZapStore.builder()
        .cacheBytes(4 << 20)
        .leafBytes(4096)
        .autoCompact(false)
        .syncInterval(Duration.ofHours(1));
  }

  @Test
  void aCommitIsRecordedWithItsWait() throws IOException {
    try (ZapStore store = builder().open(directory)) {
      ZapMap map = store.map("m");
      ZapMap quick = map.withDurability(Durability.NONE);
      store.sync();
      long[] sequences = new long[4];
      List<RecordedEvent> events =
          recorded(
              all(),
              () -> {
                map.put("key", "value");
                sequences[0] = store.statistics().log().lastSequence();
                quick.put("key", "value");
                sequences[1] = store.statistics().log().lastSequence();
                sequences[2] = store.batch().putLong(map, "a", 1).putLong(map, "b", 2).commit();
                assertEquals(3, map.increment("b", 1));
                sequences[3] = store.statistics().log().lastSequence();
                assertFalse(map.replace("nothing there", "value"));
              });
      List<RecordedEvent> commits = of("org.zapkv.Commit", events);
      assertEquals(4, commits.size());
      for (int i = 0; i < 4; i++) {
        assertEquals(sequences[i], commits.get(i).getLong("sequence"));
        assertEquals(directory.toString(), commits.get(i).getString("store"));
        assertEquals(i == 2 ? 2 : 1, commits.get(i).getInt("changes"));
        assertTrue(commits.get(i).getLong("bytes") >= 8, commits.get(i)::toString);
        assertFalse(commits.get(i).getDuration().isNegative());
      }
      List<RecordedEvent> waits = of("org.zapkv.CommitWait", events);
      assertEquals(4, waits.size());
      assertEquals(sequences[0], waits.get(0).getLong("sequence"));
      assertEquals(sequences[2], waits.get(1).getLong("sequence"));
      assertEquals(directory.toString(), waits.get(0).getString("store"));
    }
  }

  @Test
  void aGroupIsRecordedWithWhatWasWritten() throws IOException {
    try (ZapStore store = builder().open(directory)) {
      store.map("m").put("key", new byte[1 << 20]);
      long before = store.statistics().pool().openGroup();
      List<RecordedEvent> events = of("org.zapkv.Sync", recorded(all(), store::sync));
      assertEquals(1, events.size());
      assertEquals(before, events.get(0).getLong("group"));
      assertTrue(events.get(0).getLong("writtenBytes") > 0);
      assertTrue(events.get(0).getString("store").startsWith(directory.toString()));
    }
  }

  @Test
  void changesOfShapeAreRecordedAsOftenAsTheyHappen() throws IOException {
    try (ZapStore store = builder().inMemory()) {
      ZapMap map = store.map("m");
      ZapActivity before = store.statistics().activity();
      List<RecordedEvent> events =
          recorded(
              all(),
              () -> {
                for (int i = 0; i < 3000; i++) {
                  map.put("key " + i, "value " + i);
                }
                for (int i = 0; i < 3000; i++) {
                  map.remove("key " + i);
                }
              });
      ZapActivity activity = store.statistics().activity();
      assertTrue(activity.splits() > 10 && activity.merges() > 10, activity::toString);
      List<RecordedEvent> splits = of("org.zapkv.LeafSplit", events);
      List<RecordedEvent> merges = of("org.zapkv.LeafMerge", events);
      List<RecordedEvent> conversions = of("org.zapkv.MapConversion", events);
      List<RecordedEvent> growth = of("org.zapkv.TableGrowth", events);
      assertEquals(activity.splits() - before.splits(), splits.size());
      assertEquals(activity.merges() - before.merges(), merges.size());
      assertEquals(activity.conversions() - before.conversions(), conversions.size());
      assertEquals(1, conversions.size());
      assertEquals(0, conversions.get(0).getLong("entries"));
      long object = conversions.get(0).getLong("object");
      assertTrue(
          Stream.of(splits, merges, growth)
              .flatMap(List::stream)
              .allMatch(event -> event.getLong("object") == object));
      assertSplits(splits);
      assertMerges(merges);
      for (RecordedEvent grown : growth) {
        assertEquals(1, Long.bitCount(grown.getLong("pointers")));
      }
    }
  }

  private static void assertSplits(List<RecordedEvent> splits) {
    Map<Long, Integer> prefixes = new HashMap<>();
    for (RecordedEvent split : splits) {
      int length = split.getInt("prefixLength");
      assertEquals(length - 1, prefixes.getOrDefault(split.getLong("block"), 0));
      prefixes.put(split.getLong("block"), length);
      assertNull(prefixes.put(split.getLong("newBlock"), length));
    }
  }

  private static void assertMerges(List<RecordedEvent> merges) {
    Set<Long> gone = new TreeSet<>();
    for (RecordedEvent merge : merges) {
      assertFalse(gone.contains(merge.getLong("block")));
      assertTrue(gone.add(merge.getLong("freedBlock")));
    }
    assertEquals(0, merges.get(merges.size() - 1).getInt("prefixLength"));
  }

  @Test
  void anEvictionIsRecorded() throws IOException {
    try (ZapStore store = builder().open(directory)) {
      ZapMap map = store.map("m");
      long before = store.statistics().cache().evictions();
      List<RecordedEvent> events =
          recorded(
              all(),
              () -> {
                Batch batch = store.batch();
                for (int i = 0; i < 3500; i++) {
                  batch.put(map, Keys.utf8("key " + i), new byte[1000]);
                }
                batch.commit(Durability.NONE);
                store.sync();
                map.forEach(entry -> assertEquals(1000, entry.value().length));
                // What is read ahead may evict, too, and is over when nothing is held any more.
                while (store.statistics().cache().outstandingHolds() > 0) {
                  Thread.onSpinWait();
                }
              });
      List<RecordedEvent> evictions = of("org.zapkv.Eviction", events);
      long count = store.statistics().cache().evictions() - before;
      assertTrue(count > 0);
      assertEquals(count, evictions.size());
      assertTrue(evictions.stream().allMatch(event -> event.getLong("bytes") >= 512));
      assertTrue(evictions.stream().anyMatch(event -> event.getLong("block") > 0));
      assertTrue(evictions.stream().allMatch(event -> event.getLong("object") >= 0));
    }
  }

  @Test
  void ioIsRecordedIfItTakesLongerThanTheThreshold() throws IOException {
    try (ZapStore store = builder().open(directory)) {
      Map<String, String> settings = Map.of("org.zapkv.SlowIo#enabled", "true");
      Runnable work = () -> store.map("m").put("key", "value");
      Map<String, String> patient = new HashMap<>(settings);
      patient.put("org.zapkv.SlowIo#threshold", "1 h");
      assertEquals(List.of(), of("org.zapkv.SlowIo", recorded(patient, work)));
      Map<String, String> eager = new HashMap<>(settings);
      eager.put("org.zapkv.SlowIo#threshold", "0 ns");
      List<RecordedEvent> events = of("org.zapkv.SlowIo", recorded(eager, work));
      String log = directory.resolve("intent.log").toString();
      List<RecordedEvent> ofLog =
          events.stream().filter(event -> event.getString("file").equals(log)).toList();
      assertEquals(
          List.of("write", "flush"),
          ofLog.stream().map(event -> event.getString("operation")).toList());
      assertTrue(ofLog.get(0).getLong("bytes") > 0);
      assertTrue(ofLog.get(0).getLong("offset") > 0);
      assertEquals(0, ofLog.get(1).getLong("bytes"));
    }
  }

  @Test
  void withoutBeingAskedForNothingIsRecorded() throws Exception {
    Map<String, String> usual = Configuration.getConfiguration("profile").getSettings();
    List<RecordedEvent> events =
        recorded(
            usual,
            () -> {
              try (ZapStore store = builder().open(directory)) {
                store.map("m").put("key", "value");
              }
            });
    assertTrue(events.stream().noneMatch(e -> e.getEventType().getName().startsWith("org.zapkv")));
  }

  @Test
  void eachEventIsOffAndHasItsLineInTheDocumentAndTheSettings() throws Exception {
    try (Stream<Path> sources = Files.list(SOURCES)) {
      for (Path source : sources.filter(file -> file.toString().endsWith("Event.java")).toList()) {
        String name = source.getFileName().toString().replace(".java", "");
        FlightRecorder.register(Class.forName("org.zapkv.event." + name).asSubclass(Event.class));
      }
    }
    String document = Files.readString(DOCUMENT);
    Map<String, String> settings = Configuration.create(SETTINGS).getSettings();
    Set<String> names = new TreeSet<>();
    for (EventType type : FlightRecorder.getFlightRecorder().getEventTypes()) {
      if (type.getName().startsWith("org.zapkv.")) {
        names.add(type.getName());
        assertFalse(type.isEnabled(), type.getName());
        assertEquals("true", settings.get(type.getName() + "#enabled"), type.getName());
        assertAll(fields(type).map(field -> () -> assertHas(document, type, field)));
      }
    }
    assertEquals(9, names.size(), names::toString);
    assertEquals(
        names,
        settings.keySet().stream()
            .map(key -> key.substring(0, key.indexOf('#')))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static Stream<String> fields(EventType type) {
    Set<String> common = Set.of("startTime", "duration", "eventThread", "stackTrace");
    return type.getFields().stream().map(ValueDescriptor::getName).filter(f -> !common.contains(f));
  }

  private static void assertHas(String document, EventType type, String field) {
    String begin = "| `" + type.getName().substring("org.zapkv.".length()) + "`";
    String line = document.lines().filter(l -> l.startsWith(begin)).findFirst().orElse("");
    assertTrue(line.contains("`" + field + "`"), () -> type.getName() + "." + field + ": " + line);
  }

  private static Map<String, String> all() throws IOException {
    try {
      return Configuration.create(SETTINGS).getSettings();
    } catch (ParseException e) {
      throw new IOException(e);
    }
  }

  /** What a recording with these settings has of some work. */
  private List<RecordedEvent> recorded(Map<String, String> settings, Runnable work)
      throws IOException {
    Path file = Files.createTempFile(directory.getParent(), "events", ".jfr");
    try (Recording recording = new Recording(settings)) {
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
      return RecordingFile.readAllEvents(file);
    } finally {
      Files.delete(file);
    }
  }

  /**
   * Those of a name, in their order; not those of another store, which a test before this one in
   * the JVM has left and which somebody closes just now.
   */
  private List<RecordedEvent> of(String name, List<RecordedEvent> events) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals(name))
        .filter(
            event ->
                !event.hasField("store")
                    || event.getString("store").startsWith(directory.toString()))
        .sorted(Comparator.comparing(RecordedEvent::getEndTime))
        .toList();
  }
}
