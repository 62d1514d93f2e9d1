// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.Transaction;

class ImageObjectTest {
  private static final int BLOCK = 512;
  private static final long ID = 7;
  private static final String TAG = "test";

  private final BufferCache cache =
      BufferCache.builder().budgetBytes(4 << 20).traceHolds(true).build();
  private final ImageObject object = ImageObject.create(cache, ID, BLOCK);

  @AfterEach
  void assertNothingIsHeld() {
    assertEquals(List.of(), cache.outstandingHolds());
    object.close();
    cache.close();
  }

  private void write(long block, int content) {
    try (Transaction tx = object.begin()) {
      write(block, content, tx);
    }
  }

  private void write(long block, int content, Transaction tx) {
    Buffer buffer = object.hold(block, TAG);
    object.dirty(buffer, tx);
    NativeMemory.fill(buffer.address(), buffer.sizeBytes(), (byte) content);
    buffer.release(TAG);
  }

  private void free(long first, long count) {
    try (Transaction tx = object.begin()) {
      object.freeRange(first, count, tx);
    }
  }

  private byte[] read(long block) {
    Buffer buffer = object.hold(block, TAG);
    byte[] bytes = new byte[buffer.sizeBytes()];
    NativeMemory.copyToArray(buffer.address(), bytes, 0, bytes.length);
    buffer.release(TAG);
    return bytes;
  }

  private static byte[] filled(int content) {
    byte[] bytes = new byte[BLOCK];
    Arrays.fill(bytes, (byte) content);
    return bytes;
  }

  private static byte[] image(ImageObject object) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      object.writeTo(out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldWriteWhatWasWrittenAndHolesAsZeros() {
    write(2, 5);
    write(0, 3);
    object.sync();
    byte[] image = image(object);
    assertEquals(3 * BLOCK, image.length);
    assertArrayEquals(filled(3), Arrays.copyOfRange(image, 0, BLOCK));
    assertArrayEquals(filled(0), Arrays.copyOfRange(image, BLOCK, 2 * BLOCK));
    assertArrayEquals(filled(5), Arrays.copyOfRange(image, 2 * BLOCK, 3 * BLOCK));
    assertArrayEquals(filled(0), read(100));
    assertEquals(3, object.blockCount());
  }

  @Test
  void shouldReadAnImage() throws IOException {
    byte[] image = new byte[3 * BLOCK];
    new Random(1).nextBytes(image);
    Arrays.fill(image, BLOCK, 2 * BLOCK, (byte) 0);
    object.readFrom(new ByteArrayInputStream(image));
    assertEquals(3, object.blockCount());
    assertArrayEquals(Arrays.copyOfRange(image, 2 * BLOCK, 3 * BLOCK), read(2));
    assertArrayEquals(image, image(object));
    assertThrows(
        IllegalStateException.class, () -> object.readFrom(new ByteArrayInputStream(image)));
  }

  @Test
  void shouldRefuseAnImageThatIsNoWholeNumberOfBlocks() {
    CorruptException cut = refused(new byte[2 * BLOCK + 10]);
    assertEquals(ID, cut.objectId());
    assertEquals(2, cut.blockId());
    assertEquals(10, cut.offsetBytes());
    assertTrue(cut.getMessage().contains("multiple of the block size, 512"), cut.getMessage());
    assertTrue(refused(new byte[0]).getMessage().contains("empty"));
  }

  private CorruptException refused(byte[] image) {
    return assertThrows(
        CorruptException.class, () -> object.readFrom(new ByteArrayInputStream(image)));
  }

  @Test
  void shouldRefuseBlockSizesThatCannotBe() {
    for (int bytes : new int[] {-512, 0, 511, 513, 1000, (1 << 20) + 512}) {
      assertThrows(IllegalArgumentException.class, () -> ImageObject.create(bytes));
      assertThrows(IllegalArgumentException.class, () -> ImageObject.create(cache, 1, bytes));
    }
    assertEquals(1536, ImageObject.create(cache, 1, 1536).blockSizeBytes());
  }

  @Test
  void shouldFreeBlocksAtOnceAndKeepTheLength() {
    write(0, 1);
    write(1, 2);
    write(2, 3);
    object.sync();
    free(1, 2);
    assertArrayEquals(filled(0), read(1));
    object.sync();
    object.forget();
    assertArrayEquals(filled(0), read(2));
    assertEquals(3 * BLOCK, image(object).length);
    write(2, 9);
    object.sync();
    object.forget();
    assertArrayEquals(filled(9), read(2));
  }

  @Test
  void shouldKeepTwoGroupsApart() {
    write(0, 1);
    write(1, 1);
    write(2, 1);
    object.sync();
    write(0, 2);
    write(1, 2);
    free(2, 1);
    object.endGroup();
    write(0, 3);
    free(1, 1);
    write(2, 3);
    assertThrows(IllegalStateException.class, object::endGroup);
    object.writeEndedGroup();
    assertArrayEquals(filled(0), read(1));
    object.sync();
    object.forget();
    assertArrayEquals(filled(3), read(0));
    assertArrayEquals(filled(0), read(1));
    assertArrayEquals(filled(3), read(2));
  }

  @Test
  void shouldNotLoseOrShowWhatIsNotSynced() {
    write(0, 1);
    assertEquals(BLOCK, object.unsyncedBytes());
    assertThrows(IllegalStateException.class, object::forget);
    assertThrows(IllegalStateException.class, () -> image(object));
    object.endGroup();
    assertThrows(IllegalStateException.class, object::forget);
    object.sync();
    assertEquals(0, object.unsyncedBytes());
    object.forget();
    assertArrayEquals(filled(1), read(0));
  }

  @Test
  void shouldReadAgainAfterForgetting() {
    write(0, 1);
    object.sync();
    read(0);
    long misses = cache.stats().misses();
    read(0);
    assertEquals(misses, cache.stats().misses());
    object.forget();
    read(0);
    assertEquals(misses + 1, cache.stats().misses());
  }

  @Test
  void shouldResizeItsOnlyBlock() {
    write(0, 1);
    object.sync();
    resize(2 * BLOCK);
    assertEquals(2 * BLOCK, object.blockSizeBytes());
    assertArrayEquals(Arrays.copyOf(filled(1), 2 * BLOCK), read(0));
    object.sync();
    object.forget();
    assertArrayEquals(Arrays.copyOf(filled(1), 2 * BLOCK), read(0));
    assertArrayEquals(Arrays.copyOf(filled(1), 2 * BLOCK), image(object));
    resize(BLOCK);
    object.sync();
    assertArrayEquals(filled(1), image(object));
    write(1, 1);
    assertThrows(IllegalStateException.class, () -> resize(2 * BLOCK));
    assertThrows(IllegalArgumentException.class, () -> resize(100));
  }

  @Test
  void shouldForgetBlocksThatCameAndWentBeforeAResize() {
    write(0, 1);
    object.sync();
    write(1, 2);
    write(5, 2);
    free(1, 5);
    read(3);
    resize(2 * BLOCK);
    assertEquals(1, object.blockCount());
    assertEquals(2 * BLOCK, read(3).length);
    object.sync();
    assertEquals(2 * BLOCK, image(object).length);
  }

  @Test
  void shouldNotResizeWhatHadBlocksBefore() throws IOException {
    object.readFrom(new ByteArrayInputStream(new byte[2 * BLOCK]));
    assertThrows(IllegalStateException.class, () -> resize(2 * BLOCK));
    free(1, 1);
    assertThrows(IllegalStateException.class, () -> resize(2 * BLOCK));
    object.sync();
    assertThrows(IllegalStateException.class, () -> resize(2 * BLOCK));
    assertEquals(2 * BLOCK, image(object).length);
  }

  private void resize(int bytes) {
    Buffer block0 = object.hold(0, TAG);
    try (Transaction tx = object.begin()) {
      object.resize(block0, bytes, tx, TAG).release(TAG);
    } finally {
      block0.release(TAG);
    }
  }

  @Test
  void shouldRefuseATransactionOfAnotherGroup() {
    Transaction ended = object.begin();
    ended.close();
    ended.close();
    object.sync();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> object.freeRange(0, 1, ended));
    assertTrue(e.getMessage().contains("group 1 is not open, but 2"), e.getMessage());
  }

  @Test
  void shouldWaitForTransactionsBeforeAGroupEnds() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Thread writer =
        new Thread(
            () -> {
              try (Transaction tx = object.begin()) {
                begun.countDown();
                go.await();
                write(0, 1, tx);
                write(1, 2, tx);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    writer.start();
    begun.await();
    Thread syncer = new Thread(object::sync);
    syncer.start();
    go.countDown();
    syncer.join();
    assertEquals(2 * BLOCK, image(object).length);
    writer.join();
  }

  @Test
  void shouldAgreeWithAModel() {
    long seed = TestObjects.seed();
    Random random = new Random(seed);
    byte[][] model = new byte[40][];
    Arrays.setAll(model, i -> filled(0));
    for (int step = 0; step < 3000; step++) {
      int block = random.nextInt(model.length);
      String message = "seed=" + seed + " step=" + step;
      switch (random.nextInt(8)) {
        case 0 -> object.sync();
        case 1 -> {
          object.sync();
          object.forget();
        }
        case 2 -> {
          object.writeEndedGroup();
          object.endGroup();
        }
        case 3 -> {
          int count = 1 + random.nextInt(model.length - block);
          free(block, count);
          Arrays.setAll(model, i -> i >= block && i < block + count ? filled(0) : model[i]);
        }
        case 4 -> assertArrayEquals(model[block], read(block), message);
        default -> {
          model[block] = filled(1 + random.nextInt(100));
          write(block, model[block][0]);
        }
      }
    }
    object.sync();
    byte[] image = image(object);
    for (int block = 0; block < image.length / BLOCK; block++) {
      byte[] actual = Arrays.copyOfRange(image, block * BLOCK, (block + 1) * BLOCK);
      assertArrayEquals(model[block], actual, "seed=" + seed + " block=" + block);
    }
    assertFalse(image.length > model.length * BLOCK);
  }

  @Test
  void shouldBringACacheOfItsOwn() throws IOException {
    try (ImageObject own = ImageObject.create(BLOCK)) {
      own.readFrom(new ByteArrayInputStream(filled(4)));
      assertArrayEquals(filled(4), image(own));
      assertEquals(1, own.objectId());
    }
  }
}
