// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.MapExistsException;
import org.zapkv.error.MapOptionsException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapValue;

/** Drops, renames and clears maps, and creates those with options of their own. */
final class MapLife {
  /*
   * Records of the intent log name a map by its name. So no record may be of a group in which its
   * map's name comes to mean something else after that: if the group were lost, and the record not,
   * a replay would make the change in the wrong map. Hence all that changes what a name means is
   * done alone (TransactionGroups.changeAlone): records from before it are of this group or an older
   * one, and are lost, or replayed, while the names mean what they meant; and there are none from
   * after it before it is durable.
   *
   * What can be refused is refused before anybody is held up for it.
   *
   * What was dropped is only noted in the directory, in the same transaction, and freed afterwards
   * (MapRemains). So dropping takes as long for a large map as for a small one, and asks nothing of
   * what is in it, which may be damaged.
   *
   * Lock order: lifeLock, createLock, then that of a change made alone, then MapTable.lock.
   */

  /**
   * So many times what one change of the directory may dirty is enough for all: a full store has to
   * have room for a drop.
   */
  private static final int DIRECTORY_CHANGES = 1;

  private static final System.Logger LOGGER = System.getLogger(MapLife.class.getName());

  private final ZapStore store;
  private final MapTable table;
  private final MapRemains remains;

  /** Held by who changes which maps there are, frees a part of a dropped one, or checks all. */
  private final ReentrantLock lifeLock = new ReentrantLock();

  MapLife(ZapStore store, MapTable table, boolean background) {
    this.store = store;
    this.table = table;
    this.remains = new MapRemains(store, table, lifeLock, background);
  }

  ReentrantLock lifeLock() {
    return lifeLock;
  }

  MapRemains remains() {
    return remains;
  }

  /** Frees what was dropped, on this thread. */
  void awaitFreed() {
    store.callbacks().refuseInside("dropped maps are freed");
    if (lifeLock.isHeldByCurrentThread()) {
      throw listenerException();
    }
    remains.finish();
  }

  private IllegalStateException listenerException() {
    return new IllegalStateException(
        "called by the listener of a check of store "
            + store.name()
            + ", which would wait for itself: call it when the check is over");
  }

  /** Goes on with what an earlier opening of the store has not freed. */
  void resume() {
    remains.resume();
  }

  void drop(String name) {
    byte[] key = MapTable.checkName(name);
    exclusively(
        () -> {
          mustExist(key, name);
          alone(0, tx -> dropInside(key, name, tx));
        });
    remains.wake();
  }

  private void dropInside(byte[] key, String name, Transaction tx) {
    DirectoryChange change = new DirectoryChange(store, tx);
    try {
      ZapValue number = mustExist(key, name);
      if (number.isLong()) {
        noteDropped(change, number);
        change.remove(DirectoryKeys.options(number.asLong()));
      }
      change.remove(key);
      ZapMap map = table.remove(name);
      if (map != null) {
        remains.retire(map.endAsDropped());
      }
      if (number.isLong()) {
        remains.add(number.asLong());
      }
    } catch (RuntimeException | Error e) {
      change.takeBack(e);
      throw e;
    }
  }

  private static void noteDropped(DirectoryChange change, ZapValue number) {
    change.put(DirectoryKeys.anyDropped(), ZapValue.ofLong(1));
    change.put(DirectoryKeys.dropped(number.asLong()), number);
  }

  void rename(String from, String to) {
    byte[] fromKey = MapTable.checkName(from);
    byte[] toKey = MapTable.checkName(to);
    exclusively(
        () -> {
          mustExist(fromKey, from);
          mustNotExist(toKey, to);
          alone(0, tx -> renameInside(fromKey, from, toKey, to, tx));
        });
  }

  private void renameInside(byte[] fromKey, String from, byte[] toKey, String to, Transaction tx) {
    DirectoryChange change = new DirectoryChange(store, tx);
    try {
      ZapValue number = mustExist(fromKey, from);
      mustNotExist(toKey, to);
      change.put(toKey, number);
      change.remove(fromKey);
      ZapMap map = table.remove(from);
      if (map != null) {
        map.rename(to);
        table.add(to, map);
      }
    } catch (RuntimeException | Error e) {
      change.takeBack(e);
      throw e;
    }
  }

  /** Makes a map empty: it gets another object. */
  void clear(ZapMap map) {
    exclusively(
        () -> {
          map.checkAlive();
          alone(map.changeBytes(), tx -> clearInside(map, tx));
        });
    remains.wake();
  }

  private void clearInside(ZapMap map, Transaction tx) {
    byte[] key = map.nameBytes();
    DirectoryChange change = new DirectoryChange(store, tx);
    ZapMap empty = table.makeUnnamed(map.name(), map.parameters(), tx);
    try {
      long before = map.object().objectId();
      ZapValue options = store.root().get(DirectoryKeys.options(before));
      if (options != null) {
        change.put(DirectoryKeys.options(empty.object().objectId()), options);
        change.remove(DirectoryKeys.options(before));
      }
      noteDropped(change, ZapValue.ofLong(before));
      change.put(key, ZapValue.ofLong(empty.object().objectId()));
      remains.retire(map.become(empty));
      remains.add(before);
    } catch (RuntimeException | Error e) {
      change.takeBack(e);
      table.discard(empty.object(), tx);
      throw e;
    }
  }

  /** The map of a name; if there is none, one with options. */
  ZapMap map(String name, MapOptions options) {
    byte[] key = MapTable.checkName(name);
    while (true) {
      ZapMap found = findOrCreate(key, name, options);
      try {
        checkOptions(found, options);
        return found;
      } catch (MapDroppedException e) {
        // By another thread, just now: then it is not the map of that name any more.
        LOGGER.log(System.Logger.Level.DEBUG, "looked up again", e);
      }
    }
  }

  private ZapMap findOrCreate(byte[] key, String name, MapOptions options) {
    int slot = store.gate().enter();
    ZapMap map;
    try {
      map = table.lookUp(key, name, options.equals(MapOptions.none()));
    } finally {
      store.gate().exit(slot);
    }
    return map == null ? create(key, name, options) : map;
  }

  private ZapMap create(byte[] key, String name, MapOptions options) {
    ZapParameters parameters = options.on(store.mapParameters());
    ZapMap[] found = {null};
    exclusively(
        () -> {
          found[0] = table.lookUp(key, name, false);
          if (found[0] == null) {
            alone(0, tx -> found[0] = createInside(key, name, parameters, tx));
          }
        });
    return found[0];
  }

  private ZapMap createInside(byte[] key, String name, ZapParameters parameters, Transaction tx) {
    ZapMap present = table.lookUp(key, name, false);
    if (present != null) {
      return present;
    }
    DirectoryChange change = new DirectoryChange(store, tx);
    ZapMap map = table.makeUnnamed(name, parameters, tx);
    try {
      long number = map.object().objectId();
      change.put(
          DirectoryKeys.options(number), ZapValue.ofLong(MapOptions.of(parameters).toLong()));
      change.put(key, ZapValue.ofLong(number));
      table.add(name, map);
      return map;
    } catch (RuntimeException | Error e) {
      change.takeBack(e);
      table.discard(map.object(), tx);
      throw e;
    }
  }

  private static void checkOptions(ZapMap map, MapOptions asked) {
    MapOptions present = map.options();
    if (!asked.agreesWith(present)) {
      throw new MapOptionsException(
          "map \""
              + map.name()
              + "\" of store "
              + map.store().name()
              + " was made with "
              + present
              + ", and is asked for with "
              + asked
              + ": open it with its own options, or without any; what a map is made with stays");
    }
  }

  private ZapValue mustExist(byte[] key, String name) {
    ZapValue number = store.root().get(key);
    if (number == null) {
      throw new NoSuchMapException(
          "no map \"" + name + "\" in store " + store.name() + "; it has " + table.names());
    }
    return number;
  }

  private void mustNotExist(byte[] key, String name) {
    if (store.root().get(key) != null) {
      throw new MapExistsException(
          "there is a map \"" + name + "\" in store " + store.name() + " already: drop it first");
    }
  }

  /** Does something in the gate, as the only one who changes which maps there are. */
  private void exclusively(Runnable action) {
    store.callbacks().refuseInside("a map is dropped, renamed, cleared or made");
    int slot = store.gate().enter();
    try {
      store.checkWritable();
      if (lifeLock.isHeldByCurrentThread()) {
        throw listenerException();
      }
      lifeLock.lock();
      try {
        action.run();
      } finally {
        lifeLock.unlock();
      }
    } finally {
      store.gate().exit(slot);
    }
  }

  /** Makes a change of the directory beside which there is no other change of the store. */
  private void alone(long moreBytes, Consumer<Transaction> change) {
    ReentrantLock createLock = table.createLock();
    createLock.lock();
    try {
      store
          .objects()
          .changeAlone(
              DIRECTORY_CHANGES * table.changeBytes() + moreBytes,
              true,
              tx -> {
                table.lock().lock();
                try {
                  change.accept(tx);
                } finally {
                  table.lock().unlock();
                }
              });
    } finally {
      createLock.unlock();
    }
  }
}
