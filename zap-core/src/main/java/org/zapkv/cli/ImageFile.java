// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.object.ImageObject;
import org.zapkv.zap.ShrinkPolicy;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapParameters;

/** An image that was read, as a map. To be closed. */
final class ImageFile implements AutoCloseable {
  private static final long MICRO_TYPE = 0x8000000000000003L;
  private static final long FAT_TYPE = 0x8000000000000001L;
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ImageObject object;
  private final Zap zap;

  private ImageFile(ImageObject object, Zap zap) {
    this.object = object;
    this.zap = zap;
  }

  /**
   * Reads an image.
   *
   * @throws CorruptException if it is none of a map
   */
  static ImageFile open(String name, int blockSizeBytes, Streams streams) {
    ImageObject object = ImageObject.create(blockSizeBytes);
    boolean done = false;
    try {
      read(object, name, streams);
      Zap zap = openMap(object);
      done = true;
      return new ImageFile(object, zap);
    } finally {
      if (!done) {
        object.close();
      }
    }
  }

  private static void read(ImageObject object, String name, Streams streams) {
    try (InputFile file = InputFile.openUnpacked(name, streams);
        Progress progress = streams.progress("read", file.sizeBytes())) {
      try {
        InputStream in = new ProgressStream(file, progress);
        checkType(in, object.objectId());
        object.readFrom(in);
      } catch (IOException e) {
        throw file.cannotRead(e);
      }
    }
  }

  /** Tells a file that is something else from a map that is damaged. */
  private static void checkType(InputStream in, long objectId) throws IOException {
    in.mark(Long.BYTES);
    byte[] start = in.readNBytes(Long.BYTES);
    in.reset();
    if (start.length < Long.BYTES) {
      return;
    }
    long type = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long swapped = Long.reverseBytes(type);
    if (type != MICRO_TYPE && type != FAT_TYPE && swapped != MICRO_TYPE && swapped != FAT_TYPE) {
      throw new CorruptException(
          objectId,
          0,
          0,
          "this is no image of a ZAP object: its first word is 0x" + Long.toHexString(type));
    }
  }

  private static Zap openMap(ImageObject object) {
    ZapParameters parameters = ZapParameters.DEFAULT.withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL);
    Zap zap;
    try {
      zap = Zap.open(object, parameters);
    } catch (CorruptException e) {
      // It is a map by its type, so most likely only this is wrong.
      String hint = "; is --block-size " + object.blockSizeBytes() + " right?";
      throw new CorruptException(
          object.objectId(), e.blockId(), e.offsetBytes(), withoutPlace(e.getMessage()) + hint);
    }
    if (zap.isMicro() && object.blockCount() > 1) {
      throw new CorruptException(
          object.objectId(),
          1,
          0,
          "a micro object is one block, but the image has "
              + object.blockCount()
              + " of "
              + object.blockSizeBytes()
              + " bytes; is --block-size "
              + object.blockCount() * object.blockSizeBytes()
              + "?");
    }
    return zap;
  }

  /** Something wrong in an image, with its place, for the user. */
  static String problem(long blockId, long offsetBytes, @Nullable String problem) {
    String text = withoutPlace(problem);
    StringBuilder line = new StringBuilder();
    if (blockId != CorruptException.NONE) {
      line.append("block ").append(blockId);
      if (offsetBytes != CorruptException.NONE) {
        line.append(" offset ").append(offsetBytes);
      }
      line.append(": ");
    }
    return line.append(text).toString();
  }

  /** The message of an exception begins with the place, and a number that an image has not. */
  private static String withoutPlace(@Nullable String message) {
    return String.valueOf(message).replaceFirst("^corrupt( [a-z]+=[0-9]+)*: ", "");
  }

  Zap zap() {
    return zap;
  }

  long sizeBytes() {
    return object.blockCount() * object.blockSizeBytes();
  }

  @Override
  public void close() {
    zap.close();
    object.close();
  }

  /** Buffers a file, and shows how far it is read. */
  private static final class ProgressStream extends FilterInputStream {
    private final InputFile file;
    private final Progress progress;

    ProgressStream(InputFile file, Progress progress) {
      super(new BufferedInputStream(file.in(), BUFFER_BYTES));
      this.file = file;
      this.progress = progress;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      progress.to(file.consumedBytes());
      return read;
    }
  }
}
