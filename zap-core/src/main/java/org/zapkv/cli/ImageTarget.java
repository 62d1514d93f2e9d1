// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapValue;

/** A new object that becomes an image. To be closed. */
final class ImageTarget implements AutoCloseable {
  private static final int FIRST_BLOCK_BYTES = 512;

  /** So much may change before it is written to the heap: a part of what the cache holds. */
  private static final long MOST_UNSYNCED_BYTES = 32L << 20;

  private final ImageObject object;
  private final ZapParameters parameters;
  private final boolean wordKeys;
  private Zap zap;

  /**
   * An empty map.
   *
   * @param wordKeys whether its keys are 64-bit words
   */
  ImageTarget(ZapParameters parameters, boolean wordKeys) {
    this.object = ImageObject.create(FIRST_BLOCK_BYTES);
    this.parameters = parameters;
    this.wordKeys = wordKeys;
    try (Transaction tx = object.begin()) {
      this.zap = Zap.create(object, parameters, tx);
    }
  }

  /** Why a name cannot be one in this object at all, or null. */
  @Nullable String nameProblem(byte[] name) {
    if (wordKeys && (name.length == 0 || name.length % Long.BYTES != 0)) {
      return "the name has " + name.length + " bytes; those of this object are 64-bit words";
    }
    return null;
  }

  ImageResult add(byte[] name, ZapValue value) {
    return change(tx -> zap.add(name, value, tx) ? ImageResult.OK : ImageResult.EEXIST);
  }

  ImageResult update(byte[] name, ZapValue value) {
    return change(
        tx -> {
          zap.put(name, value, tx);
          return ImageResult.OK;
        });
  }

  ImageResult remove(byte[] name) {
    return change(tx -> zap.remove(name, tx) == null ? ImageResult.ENOENT : ImageResult.OK);
  }

  private ImageResult change(Function<Transaction, ImageResult> operation) {
    try (Transaction tx = object.begin()) {
      return operation.apply(tx);
    } catch (KeyTooLongException e) {
      return ImageResult.ENAMETOOLONG;
    } catch (KeyNotTextException e) {
      return ImageResult.ENOTSUP;
    } catch (ValueTooLargeException e) {
      return ImageResult.E2BIG;
    } catch (MapFullException e) {
      return ImageResult.ENOSPC;
    }
  }

  /** Ends the transaction group if it has grown so large that the cache could become too small. */
  void makeRoom() {
    if (object.unsyncedBytes() > MOST_UNSYNCED_BYTES) {
      sync();
    }
  }

  /** Ends the transaction group. */
  void sync() {
    object.sync();
  }

  /** Drops the object from memory and reads it again. */
  void reopen() {
    zap.close();
    object.sync();
    object.forget();
    zap = Zap.open(object, parameters);
  }

  /** Writes the image of what is synced. */
  void writeTo(OutputStream out) throws IOException {
    object.writeTo(out);
  }

  @Override
  public void close() {
    zap.close();
    object.close();
  }
}
