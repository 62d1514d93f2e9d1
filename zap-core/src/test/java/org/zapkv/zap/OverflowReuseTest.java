// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.object.ImageObject;
import org.zapkv.object.testing.WrappedObject;
import org.zapkv.pool.Transaction;

/** The header of an overflow can be in a block that was a leaf before. */
class OverflowReuseTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final long SALT = 0x24955;

  /** Keys whose hashes begin with 0 or 1. */
  private static List<byte[]> keys(boolean upper, int count) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; keys.size() < count; i++) {
      byte[] key = TestMap.key(i);
      if (ZapName.of(key, SALT, 0, 1023).hash() < 0 == upper) {
        keys.add(key);
      }
    }
    return keys;
  }

  private static byte[] flooding(int number) {
    return Collisions.keyWithHash(SALT, 0x0123456789ABCDEFL, number);
  }

  private static void flood(Zap zap, ImageObject object) {
    for (int i = 0; i < 12; i++) {
      try (Transaction tx = object.begin()) {
        assertTrue(zap.add(flooding(i), ZapValue.ofLong(i), tx));
      }
    }
  }

  @Test
  void theHeaderTakesThePlaceOfALeafThatWasThere() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      List<byte[]> upper = keys(true, 12);
      upper.forEach(key -> map.put(key, ZapValue.ofLong(1)));
      upper.forEach(map::remove);
      assertEquals(1, map.zap().statistics().leafCount());
      flood(map.zap(), map.object());
      assertTrue(map.zap().statistics().overflowLeafCount() > 0);
      long block = overflowBlock(map.object());
      Buffer buffer = map.object().hold(block, this);
      try {
        assertInstanceOf(FatHeader.class, buffer.user());
      } finally {
        buffer.release(this);
      }
    }
  }

  private static long overflowBlock(ImageObject object) {
    HeaderAccess access = new HeaderAccess(object, 0);
    FatHeader header = access.hold();
    try {
      return header.overflowBlock();
    } finally {
      access.release(header);
    }
  }

  /** An object that does something before it holds a block for the first time. */
  private static final class Interrupted extends WrappedObject {
    private long at = -1;
    private Runnable action = () -> {};

    Interrupted(ImageObject object) {
      super(object);
    }

    void before(long block, Runnable what) {
      at = block;
      action = what;
    }

    @Override
    public Buffer hold(long blockId, Object tag) {
      if (blockId == at) {
        at = -1;
        action.run();
      }
      return super.hold(blockId, tag);
    }
  }

  /** Between a reader's look at the pointer and its hold of the leaf much can happen. */
  @Test
  void aReaderOnItsWayToALeafThatHasBecomeTheHeader() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      List<byte[]> upper = keys(true, 4);
      for (byte[] key : keys(false, 5)) {
        map.put(key, ZapValue.ofLong(2));
      }
      for (byte[] key : upper) {
        map.put(key, ZapValue.ofLong(1));
      }
      assertEquals(2, map.zap().statistics().leafCount());
      // So that the reader does not know the leaf's buffer yet.
      map.reopen();
      Interrupted object = new Interrupted(map.object());
      Zap zap = map.openOver(object);
      object.before(
          2,
          () -> {
            keys(false, 5).forEach(key -> assertNotNull(zap.remove(key, begun(map))));
            upper.forEach(key -> assertNotNull(zap.remove(key, begun(map))));
            assertEquals(1, zap.statistics().leafCount());
            // As if the cache had let the freed block go.
            try (Transaction tx = map.object().begin()) {
              map.object().freeRange(2, 1, tx);
            }
            flood(zap, map.object());
            assertEquals(2, overflowBlock(map.object()));
          });
      assertNull(zap.get(upper.get(0)));
      assertEquals(12, zap.count());
      zap.close();
      map.reopen();
    }
  }

  private static Transaction begun(TestMap map) {
    Transaction tx = map.object().begin();
    tx.close();
    return tx;
  }
}
