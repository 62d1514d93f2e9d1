// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.DeviceException;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.ZapException;

/** What a process publishes of its store, and what others read of it: those figures or none. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PublishedStatisticsTest {
  private static final ZapStoreBuilder BUILDER = ZapStore.builder().cacheBytes(4 << 20);
  private static final ZapStoreBuilder PUBLISHING =
      ZapStore.builder().cacheBytes(4 << 20).publishStatistics(true);

  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("stats.zap");
  }

  /** Where somebody has to find a store, but none has to be open. */
  private void makeStore() {
    BUILDER.open(directory).close();
  }

  /** A record all parts of which differ. */
  private static <T> T distinct(Class<T> type, AtomicLong next) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(types[i], next);
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(type + " cannot be made", e);
    }
  }

  private static Object value(Class<?> type, AtomicLong next) {
    long number = next.incrementAndGet();
    if (type == long.class) {
      return number << 33;
    } else if (type == int.class) {
      return (int) number;
    } else if (type == boolean.class) {
      return true;
    } else if (type == UUID.class) {
      return new UUID(number, -number);
    } else if (type == Instant.class) {
      return Instant.ofEpochMilli(number);
    }
    return distinct(type, next);
  }

  private static PublishedStatistics distinct(long first) {
    return distinct(PublishedStatistics.class, new AtomicLong(first));
  }

  private static byte[] ofVersion(int version) {
    byte[] image = StatisticsImage.of(distinct(0));
    ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(8, version);
    CRC32C crc = new CRC32C();
    crc.update(image, 0, 504);
    bytes.putLong(504, crc.getValue());
    return image;
  }

  private Optional<PublishedStatistics> read() {
    return PublishedStatistics.read(directory);
  }

  private PublishedStatistics awaitPublished() {
    Optional<PublishedStatistics> published = read();
    while (published.isEmpty()) {
      Thread.onSpinWait();
      published = read();
    }
    return published.get();
  }

  @Test
  void everyFigureComesBack() throws IOException {
    makeStore();
    PublishedStatistics published = distinct(1000);
    Files.write(file(), StatisticsImage.of(published));
    assertEquals(published, read().orElseThrow());
  }

  @Test
  void theFormIsThatOfItsVersion() {
    byte[] image = StatisticsImage.of(distinct(0));
    ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(512, image.length);
    assertEquals("ZAPSTATS", new String(image, 0, 8, StandardCharsets.US_ASCII));
    // Other figures, or another order, are another version.
    assertEquals(1, bytes.getInt(8));
    assertEquals(47, bytes.getInt(12));
    assertEquals(-1, Arrays.mismatch(image, 72 + 47 * 8, 504, new byte[512], 0, 504 - 72 - 47 * 8));
  }

  @Test
  void whatIsDamagedIsNoFigure() throws IOException {
    makeStore();
    byte[] image = StatisticsImage.of(distinct(0));
    for (int i = 0; i < image.length; i++) {
      byte[] damaged = image.clone();
      damaged[i] ^= 4;
      assertTrue(StatisticsImage.problem(damaged) != null, "byte " + i);
    }
    byte[] torn = StatisticsImage.of(distinct(7));
    System.arraycopy(image, 0, torn, 0, 256);
    for (byte[] bad : List.of(new byte[0], new byte[512], torn, Arrays.copyOf(image, 513))) {
      Files.write(file(), bad);
      DeviceException refused = assertThrows(DeviceException.class, this::read);
      assertTrue(refused.getMessage().contains("stats.zap is no file with the statistics"));
    }
  }

  @Test
  void anotherVersionIsNamed() throws IOException {
    makeStore();
    for (int version : new int[] {0, 2}) {
      Files.write(file(), ofVersion(version));
      Class<? extends ZapException> expected =
          version > 1 ? FormatTooNewException.class : DeviceException.class;
      ZapException refused = assertThrows(expected, this::read);
      assertTrue(refused.getMessage().contains("version " + version), refused.getMessage());
    }
  }

  @Test
  void whereThereIsNoStoreThereIsNothingToRead() {
    assertThrows(NotAStoreException.class, this::read);
    assertThrows(NullPointerException.class, () -> PublishedStatistics.read(null));
  }

  @Test
  void anOpenStoreIsSeenAndAClosedOneNot() {
    try (ZapStore store = PUBLISHING.open(directory)) {
      store.map("m").put("key", "value");
      PublishedStatistics published = awaitPublished();
      assertEquals(ProcessHandle.current().pid(), published.processId());
      assertEquals(store.statistics().pool().storeId(), published.statistics().pool().storeId());
      assertEquals(4 << 20, published.statistics().cache().budgetBytes());
      assertFalse(published.closing());
    }
    assertFalse(Files.exists(file()));
    assertEquals(Optional.empty(), read());
  }

  @Test
  void nothingIsPublishedUnasked() {
    try (ZapStore store = BUILDER.open(directory)) {
      store.sync();
      assertFalse(Files.exists(file()));
    }
    try (ZapStore store = PUBLISHING.readOnly(true).open(directory)) {
      store.mapNames();
      assertFalse(Files.exists(file()));
    } finally {
      PUBLISHING.readOnly(false);
    }
  }

  @Test
  void theRemainsOfAKilledProcessGoWithTheNextThatWrites() throws IOException {
    makeStore();
    byte[] remains = StatisticsImage.of(distinct(0));
    Files.write(file(), remains);
    ZapStore.builder().cacheBytes(4 << 20).readOnly(true).open(directory).close();
    assertTrue(Files.exists(file()));
    BUILDER.open(directory).close();
    assertFalse(Files.exists(file()));
  }

  @Test
  void whoReadsMeanwhileReadsWhatWasPublishedOnce() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (ZapStore store = BUILDER.open(directory);
        StatisticsPublisher publisher = publisher(store)) {
      publisher.publish();
      Thread writer =
          new Thread(
              () -> {
                while (!over.get()) {
                  publisher.publish();
                }
              });
      writer.start();
      try {
        long last = 0;
        for (int i = 0; i < 2000; i++) {
          long sequence = read().orElseThrow().sequence();
          assertTrue(sequence >= last, sequence + " after " + last);
          last = sequence;
        }
      } finally {
        over.set(true);
        writer.join();
      }
    }
  }

  private StatisticsPublisher publisher(ZapStore store) {
    return new StatisticsPublisher(directory, store, Clock.systemUTC(), TimeUnit.HOURS.toNanos(1));
  }

  @Test
  void whileItIsClosingWhatWasKnownIsPublishedAgain() {
    ZapStore store = BUILDER.open(directory);
    StatisticsPublisher publisher = publisher(store);
    publisher.publish();
    PublishedStatistics open = read().orElseThrow();
    store.close();
    publisher.publish();
    PublishedStatistics closing = read().orElseThrow();
    assertTrue(closing.closing());
    assertEquals(open.sequence() + 1, closing.sequence());
    assertEquals(open.statistics(), closing.statistics());
    publisher.close();
    assertEquals(Optional.empty(), read());
  }

  @Test
  void aStoreGoesOnWhereNothingCanBePublished() throws IOException {
    makeStore();
    // Not to be written, and not to be removed.
    Files.createDirectories(file().resolve("in the way"));
    try (CapturedLog log = new CapturedLog()) {
      try (ZapStore store = PUBLISHING.open(directory);
          StatisticsPublisher publisher = publisher(store)) {
        publisher.publish();
        publisher.publish();
        store.map("m").put("key", "value");
        assertEquals("value", store.map("m").getString("key"));
      }
      assertFalse(log.about("cannot be published").isEmpty());
      assertTrue(log.about("cannot be published").size() <= 2, "told by each publisher once");
    }
    assertThrows(DeviceException.class, this::read);
  }

  @Test
  void aFullDiskIsTriedAgain() throws IOException {
    try (CapturedLog log = new CapturedLog();
        ZapStore store = BUILDER.open(directory);
        StatisticsPublisher publisher = publisher(store)) {
      Files.createSymbolicLink(file(), Path.of("/dev/full"));
      publisher.publish();
      publisher.publish();
      assertEquals(1, log.about("cannot be published").size());
      store.map("m").put("key", "value");
      Files.delete(file());
      publisher.publish();
      assertEquals(3, read().orElseThrow().sequence());
    }
  }
}
