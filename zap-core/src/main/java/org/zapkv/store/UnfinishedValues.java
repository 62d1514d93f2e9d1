// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapValue;

/**
 * The objects of values that are being written and belong to no key yet: a ZAP in the store, so
 * that who opens it after a crash can free them.
 */
final class UnfinishedValues {
  /*
   * An entry's key is the number of the object, as decimal digits, its value the group that the object
   * was created in: a number may be used again, so an object is freed here only if it was born then.
   * The entry comes with the group that has the object, and goes with the one in which the object
   * gets its key, or is freed. The ZAP is made when first needed; the root directory has it under a
   * key that is no UTF-8, and so the name of no map.
   */

  /** The ZAP's key in the root directory. */
  private static final byte[] NAME = {(byte) 0xFF};

  private static final System.Logger LOGGER = System.getLogger(UnfinishedValues.class.getName());

  private final ObjectSet objects;
  private final Zap root;
  private final ReentrantLock lock = new ReentrantLock();

  /** Written under the lock. */
  private volatile @Nullable Zap list;

  /** Guarded by the lock. */
  private @Nullable DataObject listObject;

  UnfinishedValues(ObjectSet objects, Zap root) {
    this.objects = objects;
    this.root = root;
  }

  /** Whether a key of the root directory is that of the list, and not the name of a map. */
  static boolean isName(byte[] key) {
    return Arrays.equals(NAME, key);
  }

  /** What a change of the list may dirty, in bytes, its making included. */
  static long changeBytes() {
    return 16L << ZapParameters.DEFAULT.fatBlockShift();
  }

  /** Notes an object that a transaction has created. If it throws, it is not noted. */
  void add(long objectId, Transaction tx) {
    Zap present = list();
    Zap to = present == null ? create(tx) : present;
    try {
      to.put(key(objectId), ZapValue.ofLong(tx.group()), tx);
    } catch (RuntimeException | Error e) {
      failIfBroken(to, e);
      throw e;
    }
  }

  /** Forgets an object that has a key now, or is freed. */
  void remove(long objectId, Transaction tx) {
    Zap from = list();
    if (from == null) {
      return;
    }
    try {
      from.remove(key(objectId), tx);
    } catch (RuntimeException | Error e) {
      failIfBroken(from, e);
      throw e;
    }
  }

  boolean contains(long objectId) {
    Zap in = list();
    return in != null && in.contains(key(objectId));
  }

  /** The list, or null if there never was one. */
  @Nullable Zap list() {
    Zap present = list;
    if (present != null) {
      return present;
    }
    lock.lock();
    try {
      if (list == null) {
        ZapValue number = root.get(NAME);
        if (number != null) {
          open(number);
        }
      }
      return list;
    } finally {
      lock.unlock();
    }
  }

  private void open(ZapValue number) {
    if (!number.isLong()) {
      throw new CorruptException(
          ZapStore.ROOT_DIRECTORY,
          CorruptException.NONE,
          CorruptException.NONE,
          "the entry of the list of unfinished values is not the number of an object");
    }
    DataObject object = objects.open(number.asLong());
    try {
      list = Zap.open(object, ZapParameters.DEFAULT);
      listObject = object;
    } catch (RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  private Zap create(Transaction tx) {
    lock.lock();
    try {
      Zap present = list();
      if (present != null) {
        return present;
      }
      DataObject object = objects.create(ObjectType.MAP, 512, tx);
      try {
        Zap made = Zap.createLinked(object, ZapParameters.DEFAULT, root, NAME, tx);
        if (made == null) {
          throw new IllegalStateException("made twice, in spite of the lock");
        }
        listObject = object;
        list = made;
        return made;
      } catch (RuntimeException | Error e) {
        failIfBroken(root, e);
        objects.destroy(object.objectId(), tx);
        object.close();
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  private void failIfBroken(Zap zap, Throwable cause) {
    if (zap.isBroken() || !(cause instanceof ZapException)) {
      objects.fail("a change of the list of unfinished values was cut short", cause);
    }
  }

  /**
   * Frees all objects of the list. For a store that is just opened, whose log is replayed: nobody
   * writes a value. What cannot be freed stays for the next time.
   */
  void freeAll() {
    try {
      Zap from = list();
      if (from == null || from.count() == 0) {
        return;
      }
      try (ZapCursor cursor = from.cursor()) {
        while (cursor.next()) {
          free(from, cursor.key(), cursor.value());
        }
      }
    } catch (ZapException e) {
      LOGGER.log(Level.WARNING, "values that were never finished still take space: {0}", e);
    }
  }

  private void free(Zap from, byte[] key, ZapValue birthGroup) {
    try (Transaction tx = objects.beginFreeing(changeBytes())) {
      long objectId = Long.parseLong(new String(key, US_ASCII));
      if (birthGroup.isLong() && isUnfinished(objectId, birthGroup.asLong())) {
        objects.destroy(objectId, tx);
      }
      from.remove(key, tx);
    } catch (NumberFormatException e) {
      LOGGER.log(Level.WARNING, "no object has the number {0}", Keys.show(key));
    }
  }

  /** Whether there is still the object that was noted, and not another one of its number. */
  private boolean isUnfinished(long objectId, long birthGroup) {
    try (DataObject object = objects.open(objectId)) {
      return object.type() == ObjectType.VALUE && object.birthGroup() == birthGroup;
    } catch (CorruptException e) {
      return false;
    }
  }

  void close() {
    lock.lock();
    try {
      Zap open = list;
      if (open != null) {
        open.close();
      }
      if (listObject != null) {
        listObject.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private static byte[] key(long objectId) {
    return Long.toString(objectId).getBytes(US_ASCII);
  }
}
