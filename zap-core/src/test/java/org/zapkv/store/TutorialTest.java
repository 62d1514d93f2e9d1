// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.DocumentedCode;
import org.zapkv.error.ClosedException;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.StoreLockedException;
import org.zapkv.error.ValueTypeException;

/** The code of docs/tutorial.md: what lies between the marks is there, in this order, and runs. */
class TutorialTest {
  @TempDir Path home;

  @Test
  void theTutorialHasThisCode() throws IOException {
    Path source = Path.of("src/test/java/org/zapkv/store/TutorialTest.java");
    DocumentedCode.assertIsThatOf(source, "tutorial", Path.of("docs/tutorial.md"));
  }

  @Test
  void opening() {
    // tutorial: begin
    try (ZapStore store = ZapStore.open(home.resolve("library"))) {
      ZapMap titles = store.map("titles");
      titles.put("42", "The Hitchhiker's Guide");
    }
    // tutorial: end
    // tutorial: begin
    try (ZapStore store =
        ZapStore.builder()
            .cacheBytes(64 << 20)
            .createIfMissing(false)
            .open(home.resolve("library"))) {
      String title = store.existingMap("titles").getString("42");
      assertEquals("The Hitchhiker's Guide", title);
    }
    // tutorial: end
    // tutorial: begin
    try (ZapStore store = ZapStore.inMemory()) {
      store.map("scratch").put("key", "gone when the store is closed");
    }
    // tutorial: end
  }

  @Test
  void puttingAndGetting() {
    try (ZapStore store = ZapStore.inMemory()) {
      // tutorial: begin
      ZapMap titles = store.map("titles");
      titles.put("42", "The Hitchhiker's Guide");
      String title = titles.getString("42"); // null if the key is not there
      boolean there = titles.containsKey("42");

      byte[] key = {0, 1, (byte) 0xFF};
      titles.put(key, new byte[] {7, 8, 9});
      byte[] bytes = titles.get(key);

      boolean wasThere = titles.remove("42");
      long entries = titles.size();
      // tutorial: end
      assertEquals("The Hitchhiker's Guide", title);
      assertTrue(there && wasThere);
      assertArrayEquals(new byte[] {7, 8, 9}, bytes);
      assertEquals(1, entries);
      // tutorial: begin
      byte[] buffer = new byte[2];
      int length = titles.get(key, buffer, 0); // 3: the true length, -1 if the key is not there
      // tutorial: end
      assertEquals(3, length);
      assertArrayEquals(new byte[] {7, 8}, buffer);
      // tutorial: begin
      ZapMap loans = store.map("loans");
      loans.putLong("42", 6);
      long times = loans.getLong("42").orElse(0);
      // tutorial: end
      assertEquals(6, times);
    }
  }

  @Test
  void changingInOneStep() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap titles = store.map("titles");
      // tutorial: begin
      ZapMap loans = store.map("loans");
      long times = loans.increment("42", 1); // from 0 if the key is not there

      String before = titles.putIfAbsent("42", "The Hitchhiker's Guide"); // null: it was added
      boolean replaced = titles.replace("42", "The Hitchhiker's Guide", "Don't Panic");
      boolean removed = titles.remove("42", "something else"); // only if it has this value
      String merged = titles.merge("42", "!", String::concat);
      String computed = titles.compute("42", (key, old) -> old == null ? "new" : old + "!");
      // tutorial: end
      assertEquals(1, times);
      assertNull(before);
      assertTrue(replaced);
      assertFalse(removed);
      assertEquals("Don't Panic!", merged);
      assertEquals("Don't Panic!!", computed);
    }
  }

  // tutorial: begin
  record Book(String title, int year) {
    static final Codec<Book> CODEC =
        Codec.of(
            book -> (book.year() + " " + book.title()).getBytes(StandardCharsets.UTF_8),
            bytes -> {
              String[] parts = new String(bytes, StandardCharsets.UTF_8).split(" ", 2);
              return new Book(parts[1], Integer.parseInt(parts[0]));
            });
  }

  // tutorial: end

  @Test
  void objects() {
    try (ZapStore store = ZapStore.inMemory()) {
      // tutorial: begin
      TypedMap<String, Book> books = store.map("books", Codec.utf8(), Book.CODEC);
      books.put("42", new Book("The Hitchhiker's Guide", 1978));
      Book book = books.get("42");

      ConcurrentMap<String, Book> view = books.asConcurrentMap();
      view.computeIfPresent("42", (key, old) -> new Book(old.title(), 1979));
      // tutorial: end
      assertEquals(1978, book.year());
      assertEquals(1979, books.get("42").year());
      assertEquals("1979 The Hitchhiker's Guide", store.map("books").getString("42"));
    }
  }

  @Test
  void batches() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap titles = store.map("titles");
      ZapMap loans = store.map("loans");
      titles.put("42", "The Hitchhiker's Guide");
      // tutorial: begin
      store
          .batch()
          .put(titles, "43", "Mostly Harmless")
          .putLong(loans, "43", 1)
          .remove(titles, "42")
          .commit();
      // tutorial: end
      assertEquals("Mostly Harmless", titles.getString("43"));
      assertFalse(titles.containsKey("42"));
    }
  }

  @Test
  void transactions() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap stock = store.map("stock");
      ZapMap lent = store.map("lent");
      stock.putLong("42", 2);
      // tutorial: begin
      long left =
          store.transact(
              tx -> {
                long copies = tx.getLong(stock, "42").orElse(0);
                if (copies > 0) {
                  tx.putLong(stock, "42", copies - 1);
                  tx.put(lent, "42", "ada");
                }
                return copies;
              });
      // tutorial: end
      assertEquals(2, left);
      assertEquals(1, stock.getLong("42").getAsLong());
      assertEquals("ada", lent.getString("42"));
    }
  }

  @Test
  void durability() {
    try (ZapStore store = ZapStore.open(home.resolve("durable"))) {
      ZapMap titles = store.map("titles");
      // tutorial: begin
      long sequence = store.batch().put(titles, "44", "So Long").commit(Durability.NONE);
      store.awaitDurable(sequence); // now it is on disk, and so is all before it

      ZapMap quick = titles.withDurability(Durability.ASYNC);
      quick.put("45", "within a second");
      store.sync(); // all of it, now
      // tutorial: end
      assertTrue(store.durableSequence() >= sequence);
    }
  }

  @Test
  void goingThroughAMap() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap titles = store.map("titles");
      for (int i = 0; i < 1000; i++) {
        titles.put("key " + i, "title " + i);
      }
      TreeSet<String> found = new TreeSet<>();
      // tutorial: begin
      titles.forEach(entry -> found.add(entry.keyString() + ": " + entry.valueString()));

      long bytes = titles.stream().mapToLong(entry -> entry.value().length).sum();

      AtomicLong keyBytes = new AtomicLong();
      titles.scanParallel(view -> keyBytes.addAndGet(view.keyLength())); // copies nothing
      // tutorial: end
      assertEquals(1000, found.size());
      assertEquals(6 * 1000 + 10 + 2 * 90 + 3 * 900, bytes);
      assertEquals(bytes - 2 * 1000, keyBytes.get());
      found.clear();
      // tutorial: begin
      long cookie;
      try (MapCursor page = titles.cursor()) {
        for (int i = 0; i < 100 && page.next(); i++) {
          found.add(page.entry().keyString());
        }
        cookie = page.nextCookie(); // a number: keep it, send it, go on tomorrow
      }
      try (MapCursor rest = titles.cursor(cookie)) {
        while (rest.next()) {
          found.add(rest.entry().keyString());
        }
      }
      // tutorial: end
      assertEquals(1000, found.size());
    }
  }

  @Test
  void largeValues() throws IOException {
    InputStream scan = new ByteArrayInputStream(new byte[300_000]);
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    try (ZapStore store = ZapStore.inMemory()) {
      // tutorial: begin
      ZapMap covers = store.map("covers");
      covers.put("42", new byte[5_000_000]); // an object of its own, in blocks of up to 128 KiB
      // tutorial: end
      assertEquals(5_000_000, covers.get("42").length);
      // tutorial: begin
      try (ValueOutputStream out = covers.newValue("43")) {
        scan.transferTo(out);
        out.commit(); // without it nothing has changed
      }
      try (ValueInputStream in = covers.openValue("43")) {
        in.transferTo(screen);
      }
      // tutorial: end
      assertEquals(300_000, screen.size());
      // tutorial: begin
      store.renameMap("covers", "images");
      covers.clear();
      store.dropMap("images");
      ZapMap small = store.map("small", MapOptions.none().withLeafBytes(4096));
      // tutorial: end
      assertThrows(MapDroppedException.class, () -> covers.get("42"));
      assertEquals(List.of("small"), store.mapNames());
      assertEquals(0, small.size());
    }
  }

  @Test
  void statistics() {
    try (ZapStore store = ZapStore.open(home.resolve("figures"))) {
      ZapMap titles = store.map("titles");
      titles.put("42", "The Hitchhiker's Guide");
      // tutorial: begin
      StoreStatistics statistics = store.statistics();
      long fileBytes = statistics.pool().deviceBytes();
      long hits = statistics.cache().hits();
      boolean micro = titles.isMicro();
      int leaves = titles.leaves().size();

      StoreCheckReport report = store.check((done, total) -> {}); // reads and verifies everything
      boolean sound = report.isClean();
      // tutorial: end
      assertTrue(fileBytes > 0 && hits >= 0 && leaves == 1 && sound);
      assertFalse(micro, "a value that is bytes makes a map fat");
    }
  }

  @Test
  void errors() {
    Path library = home.resolve("library");
    try (ZapStore store = ZapStore.open(library)) {
      ZapMap titles = store.map("titles");
      // tutorial: begin
      try {
        store.existingMap("title");
      } catch (NoSuchMapException e) {
        assertTrue(e.getMessage().contains("[titles]")); // it says which maps there are
      }
      titles.putLong("pages", 193);
      assertThrows(ValueTypeException.class, () -> titles.get("pages")); // it is a long
      assertThrows(StoreLockedException.class, () -> ZapStore.open(library)); // it is open here
      // tutorial: end
    }
  }

  @Test
  void closing() {
    ZapStore store = ZapStore.open(home.resolve("library"));
    ZapMap titles = store.map("titles");
    // tutorial: begin
    store.close(); // waits for the calls that are under way; twice is fine
    assertThrows(ClosedException.class, () -> titles.get("42"));

    try (ZapStore reader = ZapStore.builder().readOnly(true).open(home.resolve("library"))) {
      assertEquals(List.of("titles"), reader.mapNames());
    }
    // tutorial: end
  }
}
