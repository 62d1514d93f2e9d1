// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store is used from many virtual threads, none of which keeps its carrier while it waits. */
class VirtualThreadsTest {
  private static final int THREADS = 200;
  private static final int CHANGES = 3;

  @TempDir Path directory;

  /** By its name: this is compiled for JDK 17. */
  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    return (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }

  @Test
  void manyVirtualThreadsCommitAndNoneIsPinned() throws Exception {
    assumeTrue(Runtime.version().feature() >= 21, "virtual threads need JDK 21");
    ExecutorService executor = virtualThreads();
    try (ZapStore store = ZapStore.open(directory.resolve("store"));
        Recording recording = new Recording()) {
      ZapMap map = store.map("m");
      change(store, map, -1); // What is loaded for the first time pins whoever loads it.
      recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ZERO).withStackTrace();
      recording.start();
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        all.add(executor.submit(() -> change(store, map, thread)));
      }
      for (Future<?> each : all) {
        each.get(300, TimeUnit.SECONDS);
      }
      recording.stop();
      assertEquals((THREADS + 1L) * 2 * CHANGES, map.size());
      assertEquals(List.of(), pinned(recording));
      store.sync();
      assertEquals(0, store.statistics().cache().outstandingHolds());
    } finally {
      executor.shutdownNow();
    }
  }

  private static void change(ZapStore store, ZapMap map, int thread) {
    for (int i = 0; i < CHANGES; i++) {
      String key = thread + "/" + i;
      map.put(key, "value " + key);
      assertEquals("value " + key, map.getString(key));
      store.batch().putLong(map, key + "/long", i).commit(Durability.SYNC);
      assertEquals(i, map.getLong(key + "/long").orElseThrow());
    }
  }

  private List<String> pinned(Recording recording) throws IOException {
    Path file = directory.resolve("pinned.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
        .map(RecordedEvent::toString)
        .filter(text -> text.contains("org.zapkv."))
        .toList();
  }

  /**
   * Before JDK 24 a virtual thread in a monitor keeps its carrier; a ThreadLocal outlives its use.
   */
  @Test
  void theLibraryHasNoMonitorAndNothingOfAThread() throws IOException {
    Pattern forbidden =
        Pattern.compile("\\bsynchronized\\s*\\(|\\bsynchronized\\s+\\w+.*\\{|\\bThreadLocal\\b");
    for (String module : List.of("../zap-cache", "../zap-core")) {
      Path sources = Path.of(module, "src/main/java");
      try (Stream<Path> files = Files.walk(sources)) {
        List<Path> java = files.filter(file -> file.toString().endsWith(".java")).toList();
        assertTrue(java.size() > 50);
        java.forEach(file -> assertFalse(forbidden.matcher(read(file)).find(), file::toString));
      }
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).replaceAll("(?s)/\\*.*?\\*/|//[^\n]*", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
