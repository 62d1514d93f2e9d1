// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicLong;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.object.ImageObject;

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

  static boolean isCached(BufferCache cache, ImageObject object, long blockId) {
    Buffer buffer = cache.holdIfCached(object.objectId(), blockId, object);
    if (buffer != null) {
      buffer.release(object);
    }
    return buffer != null;
  }
}
