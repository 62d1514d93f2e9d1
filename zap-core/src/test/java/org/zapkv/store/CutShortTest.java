// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.object.BlockObject;
import org.zapkv.object.testing.WrappedObject;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;

/**
 * An error ends a change at any place inside the map, also after the entry was changed and before
 * the shape was: nobody knows what it has cut short, so the store takes no more changes, and what
 * is on disk is a beginning of the commits.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class CutShortTest {
  private static final int ENTRIES = 150;
  private static final int CHANGES = 40;
  private static final int LARGE_BYTES = 3000;

  private final long seed = Seeds.next();
  private final Random random = new Random(seed);

  /** Another object, of which one call fails, after so many. */
  private static final class CutObject extends WrappedObject {
    private final Error error = new OutOfMemoryError("injected by a test");
    private int callsBefore = Integer.MAX_VALUE;

    CutObject(BlockObject object) {
      super(object);
    }

    void failAfter(int calls) {
      callsBefore = calls;
    }

    boolean hasFailed() {
      return callsBefore < 0;
    }

    private void count() {
      if (callsBefore-- == 0) {
        throw error;
      }
    }

    @Override
    public Buffer hold(long blockId, Object tag) {
      count();
      return super.hold(blockId, tag);
    }

    @Override
    public void dirty(Buffer buffer, Transaction tx) {
      count();
      super.dirty(buffer, tx);
    }

    @Override
    public Buffer resize(Buffer block0, int blockSizeBytes, Transaction tx, Object tag) {
      count();
      return super.resize(block0, blockSizeBytes, tx, tag);
    }

    @Override
    public void freeRange(long firstBlock, long blockCount, Transaction tx) {
      count();
      super.freeRange(firstBlock, blockCount, tx);
    }
  }

  /** Some changes that are made together or one by one. */
  private interface Work {
    /** Makes them; after each commit the model is told. */
    void run(ZapStore store, ZapMap map, Map<String, String> model);
  }

  private static ZapStoreBuilder builder() {
    return ZapStore.builder()
        .cacheBytes(8 << 20)
        .leafBytes(4096)
        .syncInterval(Duration.ofHours(1))
        .durability(Durability.NONE);
  }

  private static String value(int number, int length) {
    return (number + "-").repeat(length / 4 + 1);
  }

  private static DeviceImage filled(Map<String, String> model, boolean micro) {
    ImageDevice device = new DeviceImage().toDevice("start");
    try (ZapStore store = builder().create(device, "start")) {
      ZapMap map = store.map("m");
      for (int i = 0; i < ENTRIES && !micro; i++) {
        model.put("key " + i, value(i, i % 9 == 0 ? LARGE_BYTES : 280));
        map.put("key " + i, model.get("key " + i));
      }
      for (int i = 0; i < 20 && micro; i++) {
        model.put("key " + i, "long " + i);
        map.putLong("key " + i, i);
      }
    }
    return device.image();
  }

  private static Map<String, String> content(ZapStore store) {
    Map<String, String> content = new HashMap<>();
    store
        .map("m")
        .forEach(
            e ->
                content.put(e.keyString(), e.isLong() ? "long " + e.longValue() : e.valueString()));
    return content;
  }

  /**
   * Cuts the work short at one call after the other.
   *
   * @param step how many calls there are between two of them, at most
   */
  private void cutAll(boolean micro, int step, Work work) {
    Map<String, String> start = new HashMap<>();
    DeviceImage image = filled(start, micro);
    int failures = 0;
    boolean again = true;
    for (int calls = 0; again; calls += 1 + random.nextInt(step)) {
      try {
        again = cut(image, start, work, calls);
      } catch (Throwable e) {
        throw new AssertionError("-Dzap.seed=" + seed + " calls=" + calls, e);
      }
      failures += again ? 1 : 0;
    }
    assertTrue(failures > 5, "failures: " + failures);
  }

  private static boolean cut(DeviceImage image, Map<String, String> start, Work work, int calls) {
    ImageDevice device = image.toDevice("cut");
    Map<String, String> model = new HashMap<>(start);
    boolean failed;
    ZapStore store = builder().open(device, "cut");
    ZapMap plain = store.map("m");
    CutObject object = new CutObject(plain.object());
    Zap zap = Zap.open(object, store.mapParameters());
    ZapMap map = new ZapMap(store, "m", plain.object(), zap);
    object.failAfter(calls);
    try {
      work.run(store, map, model);
    } catch (OutOfMemoryError e) {
      assertSame(object.error, e);
    }
    zap.close();
    failed = object.hasFailed();
    if (failed) {
      assertThrows(StoreFailedException.class, () -> plain.put("another", "change"));
      assertThrows(StoreFailedException.class, store::sync);
    }
    store.close();
    try (ZapStore again = builder().open(device, "again")) {
      // Nothing was flushed: a group of a store that has failed is not written.
      assertEquals(failed ? start : model, content(again));
      assertEquals(List.of(), again.check((done, total) -> {}).problems());
    }
    return failed;
  }

  @Test
  void singlePuts() {
    cutAll(
        false,
        12,
        (store, map, model) -> {
          for (int i = 0; i < CHANGES; i++) {
            String value = value(-i, i % 7 == 0 ? LARGE_BYTES : 280);
            map.put("new " + i, value);
            model.put("new " + i, value);
          }
        });
  }

  @Test
  void singleRemovals() {
    cutAll(
        false,
        50,
        (store, map, model) -> {
          for (int i = 0; i < ENTRIES; i++) {
            map.remove("key " + i);
            model.remove("key " + i);
          }
        });
  }

  @Test
  void batches() {
    cutAll(
        false,
        25,
        (store, map, model) -> {
          Batch batch = store.batch();
          Map<String, String> after = new HashMap<>(model);
          for (int i = 0; i < ENTRIES; i++) {
            if (i % 3 == 0) {
              String value = value(-i, i % 5 == 0 ? LARGE_BYTES : 280);
              batch.put(map, "new " + i, value);
              after.put("new " + i, value);
            } else {
              batch.remove(map, "key " + i);
              after.remove("key " + i);
            }
          }
          batch.commit();
          model.clear();
          model.putAll(after);
        });
  }

  @Test
  void theConversionOfAMicroMap() {
    cutAll(
        true,
        2,
        (store, map, model) -> {
          map.put("bytes", "make it fat".getBytes(StandardCharsets.UTF_8));
          model.put("bytes", "make it fat");
        });
  }
}
