// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.Transaction;

/** Objects come, change their block size, lose blocks, and go. */
final class ObjectLifeTest {
  private static final String TAG = "life";

  private MemoryDevice device;
  private ObjectSet objects;

  @BeforeEach
  void setUp() {
    device = new MemoryDevice();
    objects = ObjectSet.create(device, TestObjects.options());
  }

  @AfterEach
  void tearDown() {
    TestObjects.assertClean(objects);
    objects.close();
  }

  private void reopen() {
    TestObjects.assertClean(objects);
    objects.close();
    objects = ObjectSet.open(device, TestObjects.options());
  }

  private long newObject(int blockBytes) {
    try (Transaction tx = objects.begin(0);
        DataObject object = objects.create(ObjectType.MAP, blockBytes, tx)) {
      return object.objectId();
    }
  }

  @Test
  void theFirstObjectIsNumberOne() {
    assertEquals(1, newObject(512));
    assertEquals(2, newObject(512));
  }

  @Test
  void theNumberOfADestroyedObjectIsUsedAgainAfterItsGroupOnly() {
    long first = newObject(512);
    newObject(512);
    objects.sync();
    try (Transaction tx = objects.begin(0)) {
      objects.destroy(first, tx);
      try (DataObject other = objects.create(ObjectType.MAP, 512, tx)) {
        assertNotEquals(first, other.objectId());
      }
    }
    objects.sync();
    assertEquals(first, newObject(4096));
    objects.sync();
    try (DataObject object = objects.open(first)) {
      assertEquals(4096, object.blockSizeBytes());
      TestObjects.assertZeros(object, 0);
    }
  }

  @Test
  void freeNumbersAreFoundAgainAfterAReopen() {
    Set<Long> present = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      present.add(newObject(512));
    }
    try (Transaction tx = objects.begin(0)) {
      for (long id = 10; id < 150; id++) {
        objects.destroy(id, tx);
        present.remove(id);
      }
    }
    objects.sync();
    reopen();
    for (int i = 0; i < 300; i++) {
      long id = newObject(512);
      assertTrue(present.add(id), () -> "number given out twice: " + id);
    }
    objects.sync();
    assertTrue(present.stream().mapToLong(Long::longValue).max().getAsLong() <= 512);
  }

  @Test
  void aDestroyedObjectIsNotThereAndItsHandlesRefuse() {
    long id = newObject(512);
    DataObject object = objects.open(id);
    try (Transaction tx = objects.begin(0)) {
      TestObjects.fill(object, 0, 7, tx);
      objects.destroy(id, tx);
      assertThrows(CorruptException.class, () -> objects.destroy(id, tx));
    }
    assertThrows(ClosedException.class, () -> object.hold(0, TAG));
    assertThrows(CorruptException.class, () -> objects.open(id));
    objects.sync();
    assertThrows(CorruptException.class, () -> objects.open(id));
    object.close();
    assertEquals(0, objects.cache().stats().dirtyBytes());
  }

  @Test
  void anObjectThatIsNotThereCannotBeOpened() {
    for (long id : new long[] {-1, 0, 1, 63, 64, Long.MAX_VALUE}) {
      CorruptException e = assertThrows(CorruptException.class, () -> objects.open(id));
      assertTrue(e.getMessage().contains("no such object"), e.getMessage());
    }
  }

  @Test
  void eachOpenGivesAHandleOfItsOwn() {
    long id = newObject(512);
    DataObject one = objects.open(id);
    DataObject other = objects.open(id);
    assertNotSame(one, other);
    one.close();
    one.close();
    assertThrows(ClosedException.class, () -> one.hold(0, TAG));
    TestObjects.assertZeros(other, 0);
    other.close();
  }

  @Test
  void resizeKeepsWhatFitsAndTheRestIsZero() {
    long id = newObject(512);
    try (DataObject object = objects.open(id)) {
      TestObjects.assertZeros(object, 5);
      try (Transaction tx = objects.begin(0)) {
        TestObjects.fill(object, 0, 9, tx);
      }
      objects.sync();
      try (Transaction tx = objects.begin(0)) {
        Buffer old = object.hold(0, TAG);
        Buffer next = object.resize(old, 4096, tx, TAG);
        assertEquals(4096, next.sizeBytes());
        old.release(TAG);
        assertStartsWith(next, 9);
        next.release(TAG);
      }
      assertEquals(4096, object.blockSizeBytes());
      TestObjects.assertZeros(object, 5);
    }
    objects.sync();
    reopen();
    try (DataObject object = objects.open(id)) {
      assertEquals(4096, object.blockSizeBytes());
      Buffer buffer = object.hold(0, TAG);
      assertStartsWith(buffer, 9);
      buffer.release(TAG);
    }
  }

  private static void assertStartsWith(Buffer buffer, long content) {
    byte[] expected = TestObjects.contentOf(content, 512);
    for (int i = 0; i < buffer.sizeBytes(); i++) {
      byte found = NativeMemory.getByte(buffer.address() + i);
      assertEquals(i < 512 ? expected[i] : 0, found);
    }
  }

  @Test
  void severalResizesInOneGroupAndAcrossTheSyncOfAnother() {
    long id = newObject(512);
    try (DataObject object = objects.open(id)) {
      for (int round = 1; round < 20; round++) {
        try (Transaction tx = objects.begin(0)) {
          for (int bytes : new int[] {1024, 2048, 512 * round}) {
            Buffer old = object.hold(0, TAG);
            object.dirty(old, tx);
            Buffer next = object.resize(old, bytes, tx, TAG);
            old.release(TAG);
            TestObjects.fill(next, round);
            next.release(TAG);
          }
        }
        objects.requestSync();
        TestObjects.assertFilled(object, 0, round);
      }
    }
    objects.sync();
    reopen();
    try (DataObject object = objects.open(id)) {
      assertEquals(512 * 19, object.blockSizeBytes());
      TestObjects.assertFilled(object, 0, 19);
    }
  }

  @Test
  void anObjectWithMoreThanOneBlockCannotBeResized() {
    long id = newObject(512);
    try (DataObject object = objects.open(id);
        Transaction tx = objects.begin(0)) {
      TestObjects.fill(object, 1, 3, tx);
      Buffer block0 = object.hold(0, TAG);
      assertThrows(IllegalStateException.class, () -> object.resize(block0, 1024, tx, TAG));
      block0.release(TAG);
      assertThrows(IllegalArgumentException.class, () -> object.freeRange(0, 0, tx));
      assertThrows(IllegalArgumentException.class, () -> object.hold(-1, TAG));
      assertThrows(IllegalArgumentException.class, () -> objects.create(ObjectType.MAP, 1000, tx));
    }
  }

  @Test
  void blocksThatCameAndWentInTheGroupDoNotFixTheSize() {
    long id = newObject(512);
    try (DataObject object = objects.open(id)) {
      try (Transaction tx = objects.begin(0)) {
        TestObjects.fill(object, 0, 9, tx);
      }
      objects.sync();
      try (Transaction tx = objects.begin(0)) {
        resize(object, 4096, tx);
        TestObjects.fill(object, 1, 3, tx);
        TestObjects.fill(object, 700, 4, tx);
        object.freeRange(1, 300, tx);
        Buffer block0 = object.hold(0, TAG);
        assertThrows(IllegalStateException.class, () -> object.resize(block0, 512, tx, TAG));
        block0.release(TAG);
        object.freeRange(301, 400, tx);
        resize(object, 512, tx);
        assertEquals(1, object.blockCount());
        TestObjects.assertZeros(object, 1);
        TestObjects.assertFilled(object, 0, 9);
      }
      objects.sync();
    }
    reopen();
    try (DataObject object = objects.open(id)) {
      assertEquals(1, object.blockCount());
      TestObjects.assertFilled(object, 0, 9);
      try (Transaction tx = objects.begin(0)) {
        resize(object, 1024, tx);
        TestObjects.fill(object, 1, 5, tx);
      }
      objects.sync();
      try (Transaction tx = objects.begin(0)) {
        object.freeRange(1, 1, tx);
        Buffer block0 = object.hold(0, TAG);
        assertThrows(IllegalStateException.class, () -> object.resize(block0, 512, tx, TAG));
        block0.release(TAG);
      }
    }
  }

  private static void resize(DataObject object, int bytes, Transaction tx) {
    Buffer old = object.hold(0, TAG);
    object.resize(old, bytes, tx, TAG).release(TAG);
    old.release(TAG);
  }

  @Test
  void aFreedBlockKeepsItsUserWhileItIsHeld() {
    long id = newObject(4096);
    boolean[] evicted = new boolean[1];
    BufferUser user = () -> evicted[0] = true;
    try (DataObject object = objects.open(id)) {
      Buffer held = object.hold(0, TAG);
      held.setUser(user);
      try (Transaction tx = objects.begin(0)) {
        TestObjects.fill(object, 0, 1, tx);
        TestObjects.fill(object, 1, 2, tx);
        object.freeRange(0, 2, tx);
        assertTrue(TestObjects.isZeros(held));
        assertEquals(user, held.user());
        TestObjects.assertZeros(object, 1);
        object.dirty(held, tx);
        TestObjects.fill(held, 5);
      }
      held.release(TAG);
      objects.sync();
      TestObjects.assertFilled(object, 0, 5);
      assertEquals(2, object.blockCount());
    }
    assertEquals(false, evicted[0]);
  }

  @Test
  void blocksFreedInTheGroupAfterTheOneThatIsSyncedKeepTheirOlderVersionForIt() {
    long id = newObject(4096);
    try (DataObject object = objects.open(id)) {
      for (int round = 1; round < 60; round++) {
        try (Transaction tx = objects.begin(0)) {
          for (int block = 0; block < 40; block++) {
            TestObjects.fill(object, block, round * 100L + block, tx);
          }
        }
        objects.requestSync();
        try (Transaction tx = objects.begin(0)) {
          object.freeRange(round % 20, 15, tx);
          TestObjects.fill(object, 8, round, tx);
        }
        for (int block = 0; block < 40; block++) {
          boolean freed = block >= round % 20 && block < round % 20 + 15;
          long content = freed ? 0 : round * 100L + block;
          TestObjects.assertContent(object, block, block == 8 ? round : content);
        }
      }
      objects.sync();
    }
  }

  @Test
  void levelsGrowAndHolesStayHoles() {
    long id = newObject(512);
    long[] blocks = {0, 63, 64, 4095, 4096, 262_143, 262_144, 1L << 30, (1L << 40) + 7};
    try (DataObject object = objects.open(id)) {
      for (long block : blocks) {
        try (Transaction tx = objects.begin(0)) {
          TestObjects.fill(object, block, block + 1, tx);
        }
        objects.sync();
        TestObjects.assertClean(objects);
      }
    }
    reopen();
    try (DataObject object = objects.open(id)) {
      for (long block : blocks) {
        TestObjects.assertFilled(object, block, block + 1);
        TestObjects.assertZeros(object, block + 1000);
      }
      try (Transaction tx = objects.begin(0)) {
        object.freeRange(1, 1L << 45, tx);
      }
      objects.sync();
      TestObjects.assertFilled(object, 0, 1);
      TestObjects.assertZeros(object, 63);
    }
    long[] bytes = new long[1];
    objects.forEachObject((objectId, type, birth, count, allocated) -> bytes[0] += allocated);
    assertTrue(bytes[0] <= 1024 + 2 * 8 * 4096, () -> "what is left: " + bytes[0]);
  }
}
