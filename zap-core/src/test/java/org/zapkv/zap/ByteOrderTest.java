// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** Images that a machine of the other byte order wrote do whatever their counterparts do. */
@Tag("once") // It is long, and runs on dirty memory.
class ByteOrderTest {
  private static final int CHANGES = 400;

  private static Stream<DynamicTest> each(Consumer<Fixture> test) {
    List<Fixture> swapped = Fixture.all().stream().filter(Fixture::isSwappedToo).toList();
    assertTrue(swapped.size() >= 2);
    return swapped.stream().map(f -> DynamicTest.dynamicTest(f.name(), () -> test.accept(f)));
  }

  private static ImageObject object(BufferCache cache, Fixture fixture, byte[] image) {
    return Images.of(cache, (int) fixture.number("block_size"), image);
  }

  /** Everything that can be seen of a map. */
  private static List<String> seen(Zap zap) {
    List<String> seen = new ArrayList<>();
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        seen.add(
            HexFormat.of().formatHex(cursor.key())
                + " "
                + cursor.value()
                + " "
                + Long.toHexString(cursor.cookie())
                + " "
                + cursor.conflict());
        assertEquals(cursor.value(), zap.get(cursor.key()));
      }
    }
    seen.add(zap.statistics().toString());
    seen.add(FixtureTest.problems(zap).toString());
    return seen;
  }

  @TestFactory
  Stream<DynamicTest> readsTheSame() {
    return each(
        fixture -> {
          try (BufferCache cache = FixtureTest.newCache()) {
            byte[] foreign = fixture.swappedImage();
            Zap zap = Zap.open(object(cache, fixture, fixture.image()), fixture.parameters());
            ImageObject object = object(cache, fixture, foreign);
            Zap swapped = Zap.open(object, fixture.parameters());
            List<String> expected = seen(zap);
            assertEquals("[]", expected.get(expected.size() - 1));
            assertEquals(expected, seen(swapped));
            object.sync();
            assertArrayEquals(foreign, Images.image(object), "nothing is written");
            object.forget();
            assertEquals(expected, seen(swapped));
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> changesTheSame() {
    return each(
        fixture ->
            Seeds.run(
                random -> {
                  long seed = random.nextLong();
                  for (ShrinkPolicy policy : ShrinkPolicy.values()) {
                    ZapParameters parameters = fixture.parameters().withShrinkPolicy(policy);
                    List<String> expected =
                        changed(fixture, fixture.image(), parameters, new Random(seed));
                    assertEquals(
                        expected,
                        changed(fixture, fixture.swappedImage(), parameters, new Random(seed)));
                  }
                }));
  }

  private static List<String> changed(
      Fixture fixture, byte[] image, ZapParameters parameters, Random random) {
    List<String> keys = new ArrayList<>();
    fixture.entries().forEach(entry -> keys.add((String) entry.get("name_hex")));
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = object(cache, fixture, image);
      Zap zap = Zap.open(object, parameters);
      for (int i = 0; i < CHANGES; i++) {
        String key = keys.get(random.nextInt(keys.size()));
        byte[] bytes = HexFormat.of().parseHex(key);
        try (Transaction tx = object.begin()) {
          switch (random.nextInt(4)) {
            case 0 -> zap.remove(bytes, tx);
            case 1 -> zap.put(bytes, ZapValue.ofLong(i), tx);
            default -> {
              // Another key, of the same length and kind.
              bytes[random.nextInt(bytes.length)] = (byte) ('a' + random.nextInt(26));
              zap.add(bytes, ZapValue.ofLong(i), tx);
            }
          }
        }
        if (i == CHANGES / 4 || i == CHANGES / 2) {
          object.sync();
          object.forget();
        }
      }
      zap.statistics();
      zap.close();
      object.sync();
      object.forget();
      zap = Zap.open(object, parameters);
      List<String> seen = seen(zap);
      assertEquals("[]", seen.get(seen.size() - 1));
      assertEquals(List.of(), cache.outstandingHolds());
      return seen;
    }
  }

  @TestFactory
  Stream<DynamicTest> allEntriesCanGo() {
    return each(
        fixture -> {
          try (BufferCache cache = FixtureTest.newCache()) {
            ImageObject object = object(cache, fixture, fixture.swappedImage());
            Zap zap = Zap.open(object, fixture.parameters());
            fixture
                .entries()
                .forEach(
                    entry -> {
                      byte[] key = HexFormat.of().parseHex((String) entry.get("name_hex"));
                      try (Transaction tx = object.begin()) {
                        assertEquals(zap.get(key), zap.remove(key, tx));
                      }
                    });
            object.sync();
            object.forget();
            assertEquals(0, zap.count());
            assertEquals(List.of(), FixtureTest.problems(zap));
            assertFalse(zap.cursor().next());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> isSwappedOnceBySeveralThreads() {
    return each(
        fixture -> {
          try (BufferCache cache = FixtureTest.newCache()) {
            ImageObject object = object(cache, fixture, fixture.swappedImage());
            Zap zap = Zap.open(object, fixture.parameters());
            List<String> expected = seen(zap);
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
              for (int round = 0; round < 5; round++) {
                object.forget();
                List<Future<List<String>>> results = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                  results.add(threads.submit(() -> seen(zap)));
                }
                for (Future<List<String>> result : results) {
                  assertEquals(expected, result.get(180, TimeUnit.SECONDS));
                }
              }
            } catch (Exception e) {
              throw new AssertionError(e);
            } finally {
              threads.shutdown();
            }
          }
        });
  }

  /** A first change of a map of the other byte order. */
  private interface Change {
    void run(Zap zap, Transaction tx);
  }

  /** Whatever fails in the first change, what is written is all in one byte order or the other. */
  @TestFactory
  Stream<DynamicTest> firstRemovalFails() {
    return each(
        fixture -> failInTurn(fixture, key(fixture), (zap, tx) -> zap.remove(key(fixture), tx)));
  }

  @TestFactory
  Stream<DynamicTest> firstAdditionFails() {
    return each(
        fixture -> {
          byte[] other = key(fixture);
          other[0] = '~';
          failInTurn(fixture, other, (zap, tx) -> zap.add(other, ZapValue.ofLong(1), tx));
        });
  }

  private static byte[] key(Fixture fixture) {
    return HexFormat.of().parseHex((String) fixture.entries().get(0).get("name_hex"));
  }

  private static void failInTurn(Fixture fixture, byte[] key, Change change) {
    try (BufferCache cache = FixtureTest.newCache()) {
      boolean failed = true;
      for (int call = 0; failed; call++) {
        ImageObject object = object(cache, fixture, fixture.swappedImage());
        FaultyBlockObject faulty = new FaultyBlockObject(cache, object, true);
        Zap zap = Zap.open(faulty, fixture.parameters());
        List<String> before = seen(zap);
        boolean was = zap.contains(key);
        faulty.failAfter(call);
        try (Transaction tx = object.begin()) {
          change.run(zap, tx);
        } catch (DeviceException e) {
          assertTrue(faulty.hasFailed());
        }
        failed = faulty.hasFailed();
        faulty.failAfter(Long.MAX_VALUE);
        boolean done = zap.contains(key) != was;
        if (!done) {
          assertEquals(before, seen(zap));
        }
        object.sync();
        object.forget();
        assertEquals(done, zap.contains(key) != was);
        assertEquals(List.of(), FixtureTest.problems(zap));
        try (Transaction tx = object.begin()) {
          change.run(zap, tx);
        }
        object.sync();
        object.forget();
        assertEquals(before.size() + (was ? -1 : 1), seen(zap).size());
        assertEquals(List.of(), FixtureTest.problems(zap));
        assertEquals(List.of(), cache.outstandingHolds());
      }
    }
  }

  /** What is damaged is refused in this byte order too, again and again, with the same words. */
  @Test
  void refusesDamage() {
    Fixture fixture =
        Fixture.all().stream().filter(f -> f.name().equals("fat-bs9")).findFirst().orElseThrow();
    for (int offset :
        new int[] {
          FatHeaderLayout.MAGIC_OFFSET,
          FatHeaderLayout.TABLE_BLOCK_OFFSET,
          FatHeaderLayout.TABLE_SHIFT_OFFSET,
          FatHeaderLayout.NORMFLAGS_OFFSET
        }) {
      byte[] image = fixture.swappedImage();
      ByteBuffer.wrap(image).order(ByteOrder.BIG_ENDIAN).putLong(offset, 0x77777777L);
      try (BufferCache cache = FixtureTest.newCache()) {
        ImageObject object = object(cache, fixture, image);
        for (int i = 0; i < 2; i++) {
          CorruptException e =
              assertThrows(CorruptException.class, () -> Zap.open(object, fixture.parameters()));
          assertEquals(offset, e.offsetBytes());
          // As it was: in memory, too, the block says that its pointers are not in our byte order.
          Buffer block0 = object.hold(0, this);
          byte[] bytes = new byte[block0.sizeBytes()];
          NativeMemory.copyToArray(block0.address(), bytes, 0, bytes.length);
          block0.release(this);
          assertArrayEquals(Arrays.copyOf(image, bytes.length), bytes);
        }
      }
    }
  }
}
