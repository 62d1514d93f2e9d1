// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** Objects for maps under test, and their images as arrays. */
final class Images {
  private static final AtomicLong NEXT_ID = new AtomicLong(1);

  private Images() {}

  /** A new object. */
  static ImageObject create(BufferCache cache, int blockSizeBytes) {
    return ImageObject.create(cache, NEXT_ID.getAndIncrement(), blockSizeBytes);
  }

  /** An object with the blocks of an image. */
  static ImageObject of(BufferCache cache, int blockSizeBytes, byte[] image) {
    ImageObject object = create(cache, blockSizeBytes);
    try {
      object.readFrom(new ByteArrayInputStream(image));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return object;
  }

  /** An object of a length, with the whole blocks of an image and zeros after them. */
  static ImageObject of(BufferCache cache, int blockSizeBytes, byte[] image, long blockCount) {
    int whole = image.length / blockSizeBytes;
    ImageObject object =
        whole == 0
            ? create(cache, blockSizeBytes)
            : of(cache, blockSizeBytes, Arrays.copyOf(image, whole * blockSizeBytes));
    if (blockCount > whole) {
      extend(object, blockCount);
    }
    return object;
  }

  /** Makes an object longer, by a block of zeros at its end. */
  static void extend(ImageObject object, long blockCount) {
    try (Transaction tx = object.begin()) {
      Buffer last = object.hold(blockCount - 1, object);
      object.dirty(last, tx);
      last.release(object);
    }
    object.sync();
  }

  /** What is synced; everything is. */
  static byte[] image(ImageObject object) {
    ByteArrayOutputStream image = new ByteArrayOutputStream();
    try {
      object.writeTo(image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return image.toByteArray();
  }

  /** How many synced blocks are not all zero; everything is synced. */
  static int storedBlocks(ImageObject object) {
    byte[] image = image(object);
    int size = object.blockSizeBytes();
    int stored = 0;
    for (int from = 0; from < image.length; from += size) {
      boolean isZero = true;
      for (int i = from; isZero && i < from + size; i++) {
        isZero = image[i] == 0;
      }
      stored += isZero ? 0 : 1;
    }
    return stored;
  }

  static boolean isCached(BufferCache cache, ImageObject object, long blockId) {
    Buffer buffer = cache.holdIfCached(object.objectId(), blockId, object);
    if (buffer != null) {
      buffer.release(object);
    }
    return buffer != null;
  }
}
