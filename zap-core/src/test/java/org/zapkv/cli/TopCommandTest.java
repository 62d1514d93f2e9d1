// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.PublishedStatistics;
import org.zapkv.store.ZapStore;

/** zap top: what another process does with a store, or that none does. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopCommandTest {
  @TempDir private Path directory;
  private Path store;
  private Path file;

  @BeforeEach
  void makeStore() {
    store = directory.resolve("store");
    file = store.resolve("stats.zap");
    Cli.runWith("a\t1\nb\t2\n", "load", store, "m").ok();
  }

  private ZapStore open() {
    ZapStore open = ZapStore.builder().cacheBytes(4 << 20).publishStatistics(true).open(store);
    while (PublishedStatistics.read(store).isEmpty()) {
      Thread.onSpinWait();
    }
    return open;
  }

  /** Standard output that does something after so many lines. */
  private static final class Lines extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Runnable then;
    private int missing;

    Lines(int count, Runnable then) {
      this.missing = count;
      this.then = then;
    }

    @Override
    public void write(int b) {
      bytes.write(b);
      if (b == '\n' && --missing == 0) {
        then.run();
      }
    }

    String text() {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }

  private static int run(OutputStream out, boolean terminal, Object... args) {
    String[] words = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    PrintStream err = new PrintStream(OutputStream.nullOutputStream(), true);
    return Main.run(
        words, new Streams(InputStream.nullInputStream(), out, err, () -> false, () -> terminal));
  }

  @Test
  void noProcessIsAnExitCodeOfItsOwn() {
    Cli.Result none = Cli.run("top", store).exits(ExitCode.NOT_LIVE);
    assertTrue(none.err().contains("no process publishes statistics of store " + store));
    assertTrue(none.err().contains("zap stat"), none::err);
    Cli.Result json = Cli.run("top", "--once", "--json", store).exits(4);
    Map<String, Object> end = JsonReader.object(json.out().strip());
    assertEquals(4L, end.get("exitCode"));
    assertTrue(end.get("error").toString().startsWith("no process"), json::out);
    Cli.run("top", directory.resolve("nowhere")).exits(ExitCode.UNUSABLE);
    Cli.run("top", "--interval", 0, store).exits(ExitCode.USAGE);
  }

  @Test
  void onceIsALookAtWhatIsOpen() {
    try (ZapStore open = open()) {
      Cli.Result text = Cli.run("top", "--once", store).ok();
      for (String name : List.of("commits", "groups", "dirty", "cache", "  hit ratio", "file")) {
        assertTrue(text.out().lines().anyMatch(line -> line.startsWith(name)), text::out);
      }
      assertFalse(text.out().contains("0.0/s"), text::out);
      Cli.Result last = Cli.run("top", "--once", "--json", store).ok();
      Map<String, Object> json = JsonReader.object(last.out().strip());
      assertEquals("top", json.get("command"));
      assertEquals(ProcessHandle.current().pid(), json.get("process"));
      assertEquals(false, json.get("closing"));
      @SuppressWarnings("unchecked")
      Map<String, Object> statistics = (Map<String, Object>) json.get("statistics");
      assertEquals(1L, statistics.get("mapCount"));
      assertEquals(List.of("m"), open.mapNames());
    }
  }

  @Test
  void whatAKilledProcessLeftIsNotTakenForLive() throws IOException {
    byte[] left;
    try (ZapStore open = open()) {
      left = Files.readAllBytes(file);
      assertEquals(List.of("m"), open.mapNames());
    }
    ByteBuffer image = ByteBuffer.wrap(left).order(ByteOrder.LITTLE_ENDIAN);
    image.putLong(32, 1_000_000);
    CRC32C crc = new CRC32C();
    crc.update(left, 0, 504);
    image.putLong(504, crc.getValue());
    Files.write(file, left);
    Cli.Result old = Cli.run("top", "--once", store).exits(ExitCode.NOT_LIVE);
    assertTrue(old.err().contains("process " + ProcessHandle.current().pid() + " was killed"));
    assertEquals("", old.out());
  }

  @Test
  void aFileThatIsNoneIsSaidToBe() throws IOException {
    Files.writeString(file, "commits 5\n");
    Cli.Result foreign = Cli.run("top", "--once", store).exits(ExitCode.UNUSABLE);
    assertTrue(foreign.err().contains("it has 10 bytes"), foreign::err);
    assertEquals("", foreign.out());
  }

  @Test
  void aLoadInAnotherProcessIsWatchedToItsEnd() throws Exception {
    Process load = ChildJvm.start("load", "--cache", "4m", "--batch", 10, store, "big");
    Thread feeder = new Thread(() -> feed(load), "feeder");
    feeder.start();
    try {
      while (PublishedStatistics.read(store).isEmpty()) {
        assertTrue(load.isAlive());
        Thread.onSpinWait();
      }
      assertEquals(load.pid(), PublishedStatistics.read(store).orElseThrow().processId());
      // Columns, and two rows with rates: then the load has to end.
      Lines out = new Lines(3, feeder::interrupt);
      assertEquals(0, run(out, false, "top", store));
      List<String> lines = out.text().lines().toList();
      assertTrue(lines.get(0).strip().startsWith("commits/s"), out::text);
      assertTrue(lines.get(1).contains("%"), out::text);
      assertEquals("store " + store + " was closed", lines.get(lines.size() - 1));
      assertEquals(0, load.waitFor());
    } finally {
      feeder.interrupt();
      load.destroyForcibly().waitFor();
      feeder.join();
    }
    assertFalse(Files.exists(file));
  }

  /** Until it is interrupted. */
  private static void feed(Process process) {
    try (OutputStream lines = process.getOutputStream()) {
      for (long i = 0; !Thread.currentThread().isInterrupted() && process.isAlive(); i++) {
        lines.write((i % 5000 + "\tvalue " + i + "\n").getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void jsonIsAnObjectEachTime() {
    ZapStore open = open();
    Lines out = new Lines(1, open::close);
    assertEquals(0, run(out, false, "top", "--json", store));
    List<Map<String, Object>> objects = out.text().lines().map(JsonReader::object).toList();
    assertTrue(objects.get(0).containsKey("perSecond"), out::text);
    Map<String, Object> end = objects.get(objects.size() - 1);
    assertEquals(0L, end.get("exitCode"));
    assertEquals(objects.size() - 1L, end.get("samples"));
  }

  @Test
  void aTerminalIsDrawnOver() {
    ZapStore open = open();
    int page = (int) Cli.run("top", "--once", store).ok().out().lines().count();
    Lines out = new Lines(2 * page, open::close);
    assertEquals(0, run(out, true, "top", store));
    assertTrue(out.text().contains("\u001b[" + page + "Astore"), out::text);
    assertTrue(out.text().contains("0.0/s"), out::text);
    assertTrue(out.text().lines().limit(page).allMatch(line -> line.endsWith("\u001b[K")));
  }
}
