// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ZapException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.ZapValue;

/**
 * Values as a ZAP keeps them: a long as one 8-byte integer, bytes as 1-byte integers, and bytes too
 * large for a leaf as an object of their own with a reference, two 8-byte integers (object, length
 * in bytes), in the leaf.
 */
final class ValueStore {
  /*
   * A large value is replaced by writing a new object, putting the new reference and destroying the
   * old object. A reader who has the old reference in hand must not find its object gone, or, worse,
   * its number given to another value. So a reader takes the shared lock of the key's stripe, looks
   * the reference up again under it, and reads; whoever destroys an object takes the exclusive lock
   * of the stripe first, after the reference is gone from the map. Only large values pay for it.
   * The locks are taken with no lock of the ZAP held, one at a time.
   */

  private static final System.Logger LOGGER = System.getLogger(ValueStore.class.getName());

  /** Bytes up to here live in the leaf, beside their key. */
  static final int INLINE_BYTES = 2048;

  /** Blocks of a large value: the whole value up to this size, else this size. */
  private static final int MAX_BLOCK_BYTES = 128 * 1024;

  /** An object and a length. */
  private static final int REFERENCE_BYTES = 2 * Long.BYTES;

  private static final int BLOCK_STEP_BYTES = 512;
  private static final int STRIPES = 64;

  private final ObjectSet objects;
  private final StampedLock[] stripes = new StampedLock[STRIPES];

  ValueStore(ObjectSet objects) {
    this.objects = objects;
    Arrays.setAll(stripes, i -> new StampedLock());
  }

  static void checkSize(byte[] value) {
    if (value.length > ZapMap.MAX_VALUE_BYTES) {
      throw new ValueTooLargeException(
          "value of "
              + value.length
              + " bytes: a value has at most "
              + ZapMap.MAX_VALUE_BYTES
              + " bytes; split it over several keys");
    }
  }

  static boolean isReference(ZapValue value) {
    return value.integerBytes() == Long.BYTES && value.bytes().length == REFERENCE_BYTES;
  }

  static boolean isBytes(ZapValue value) {
    return value.integerBytes() == 1;
  }

  static long referenceObject(ZapValue reference) {
    return BigEndian.getLong(reference.bytes(), 0);
  }

  static long referenceLength(ZapValue reference) {
    return BigEndian.getLong(reference.bytes(), Long.BYTES);
  }

  /** What a change with this value may dirty or write, in bytes, beside the leaf. */
  static long objectBytes(byte[] value) {
    return objectBytes(value.length);
  }

  /** The same for a value of so many bytes. */
  static long objectBytes(int valueBytes) {
    return valueBytes <= INLINE_BYTES ? 0 : valueBytes + (long) MAX_BLOCK_BYTES;
  }

  /** Whether a value of a length may be in an object of its own. */
  static boolean isLength(long lengthBytes) {
    return lengthBytes > REFERENCE_BYTES && lengthBytes <= ZapMap.MAX_VALUE_BYTES;
  }

  /** How large the blocks of a value of this length are. */
  static int blockBytes(long lengthBytes) {
    return (int)
        Math.min(MAX_BLOCK_BYTES, (lengthBytes + BLOCK_STEP_BYTES - 1) & -BLOCK_STEP_BYTES);
  }

  /** How many blocks the object of a value of this length has. */
  static long blockCount(long lengthBytes) {
    int blockBytes = blockBytes(lengthBytes);
    return (lengthBytes + blockBytes - 1) / blockBytes;
  }

  /** Turns bytes into what goes into the leaf; writes the object of a large value. */
  ZapValue encode(byte[] value, Transaction tx) {
    if (value.length <= INLINE_BYTES) {
      return new ZapValue(1, value);
    }
    return encodeAsObject(value, tx);
  }

  private ZapValue encodeAsObject(byte[] value, Transaction tx) {
    int blockBytes = blockBytes(value.length);
    try (DataObject object = objects.create(ObjectType.VALUE, blockBytes, tx)) {
      try {
        for (int at = 0; at < value.length; at += blockBytes) {
          int length = Math.min(blockBytes, value.length - at);
          object.writeDirect(at / blockBytes, value, at, length, tx);
        }
      } catch (RuntimeException | Error e) {
        destroyAfter(e, object.objectId(), tx);
        throw e;
      }
      byte[] reference = new byte[REFERENCE_BYTES];
      BigEndian.putLong(reference, 0, object.objectId());
      BigEndian.putLong(reference, Long.BYTES, value.length);
      return new ZapValue(Long.BYTES, reference);
    }
  }

  /** Takes back what {@link #encode} wrote for a value that did not get into the map. */
  void discard(ZapValue value, Transaction tx, Throwable because) {
    if (isReference(value)) {
      destroyAfter(because, referenceObject(value), tx);
    }
  }

  private void destroyAfter(Throwable because, long objectId, Transaction tx) {
    try {
      objects.destroy(objectId, tx);
    } catch (RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  /**
   * Frees the object of a value that is no longer in the map, once nobody reads it any more. The
   * change is done by then, so that an object that cannot be freed is left over, and does not fail
   * the change; a check of the store finds it.
   */
  void release(byte[] key, @Nullable ZapValue value, Transaction tx) {
    if (value == null || !isReference(value)) {
      return;
    }
    StampedLock stripe = stripe(key);
    stripe.unlockWrite(stripe.writeLock());
    try {
      objects.destroy(referenceObject(value), tx);
    } catch (ZapException e) {
      LOGGER.log(
          Level.WARNING,
          "object={0}: cannot be freed: {1}",
          Long.toString(referenceObject(value)),
          e);
    }
  }

  /**
   * The entry of a key.
   *
   * @param lookup looks the key up in its map
   * @return null if it is not there
   */
  @Nullable ZapEntry entry(byte[] key, Supplier<@Nullable ZapValue> lookup) {
    ZapValue value = lookup.get();
    if (value == null || !isReference(value)) {
      return value == null ? null : plainEntry(key, value);
    }
    StampedLock stripe = stripe(key);
    long stamp = stripe.readLock();
    try {
      ZapValue present = lookup.get();
      if (present == null || !isReference(present)) {
        return present == null ? null : plainEntry(key, present);
      }
      return ZapEntry.ofBytes(key, readObject(present));
    } finally {
      stripe.unlockRead(stamp);
    }
  }

  private static ZapEntry plainEntry(byte[] key, ZapValue value) {
    if (isBytes(value)) {
      return ZapEntry.ofBytes(key, value.bytes());
    }
    if (value.isLong()) {
      return ZapEntry.ofLong(key, value.asLong());
    }
    throw new CorruptException(
        CorruptException.NONE,
        CorruptException.NONE,
        CorruptException.NONE,
        "the value of key "
            + Keys.show(key)
            + " has integers of "
            + value.integerBytes()
            + " bytes, "
            + value.bytes().length
            + " bytes in all, which no value of a store has");
  }

  private byte[] readObject(ZapValue reference) {
    try (DataObject object = open(reference)) {
      int blockBytes = object.blockSizeBytes();
      byte[] value = new byte[(int) referenceLength(reference)];
      if (value.length > blockBytes) {
        object.prefetch(LongStream.range(0, object.blockCount()).toArray());
      }
      for (int at = 0; at < value.length; at += blockBytes) {
        object.read(at / blockBytes, value, at, Math.min(blockBytes, value.length - at));
      }
      return value;
    }
  }

  /** The object of a reference, if it can be what the reference says. */
  private DataObject open(ZapValue reference) {
    long objectId = referenceObject(reference);
    long length = referenceLength(reference);
    if (!isLength(length)) {
      throw corrupt(objectId, "a reference gives it a value of " + length + " bytes");
    }
    DataObject object = objects.open(objectId);
    if (object.type() == ObjectType.VALUE
        && object.blockSizeBytes() == blockBytes(length)
        && object.blockCount() == blockCount(length)) {
      return object;
    }
    object.close();
    throw corrupt(
        objectId,
        "a value of "
            + length
            + " bytes is not in its "
            + object.blockCount()
            + " blocks of "
            + object.blockSizeBytes()
            + " bytes, type "
            + object.type());
  }

  private static CorruptException corrupt(long objectId, String problem) {
    return new CorruptException(objectId, CorruptException.NONE, CorruptException.NONE, problem);
  }

  /**
   * Checks that an entry's reference leads to an object that can be its value.
   *
   * @param lookup looks the key up in its map; nothing is wrong if the entry has changed meanwhile
   * @throws CorruptException if it does not
   */
  void checkReference(byte[] key, ZapValue reference, Supplier<@Nullable ZapValue> lookup) {
    StampedLock stripe = stripe(key);
    long stamp = stripe.readLock();
    try {
      if (reference.equals(lookup.get())) {
        open(reference).close();
      }
    } finally {
      stripe.unlockRead(stamp);
    }
  }

  private StampedLock stripe(byte[] key) {
    return stripes[(Arrays.hashCode(key) * 0x9E3779B9) >>> (Integer.SIZE - 6)];
  }
}
