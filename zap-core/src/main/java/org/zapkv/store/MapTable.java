// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapValue;

/** The maps of a store by their names: those that are open, and the root directory. */
final class MapTable {
  /*
   * Lock order: createLock, then a transaction, then lock. So nobody waits for a transaction with
   * "lock", which is taken inside that of a change made alone (MapLife).
   */

  private static final int NEW_MAP_BYTES = 512;

  private final ZapStore store;
  private final ObjectSet objects;
  private final DataObject rootObject;
  private final Zap root;
  private final ConcurrentHashMap<String, ZapMap> maps = new ConcurrentHashMap<>();

  /** Held by who creates a map, or changes which there are. */
  private final ReentrantLock createLock = new ReentrantLock();

  /**
   * Held while a map is looked up in the directory, while what is open and what is in the directory
   * are changed together, and while the store closes.
   */
  private final ReentrantLock lock = new ReentrantLock();

  MapTable(ZapStore store, ObjectSet objects) {
    this.store = store;
    this.objects = objects;
    this.rootObject = objects.open(ZapStore.ROOT_DIRECTORY);
    this.root = Zap.open(rootObject, ZapParameters.DEFAULT);
  }

  Zap root() {
    return root;
  }

  ReentrantLock lock() {
    return lock;
  }

  ReentrantLock createLock() {
    return createLock;
  }

  /** The open map of a name, or null. */
  @Nullable ZapMap known(String name) {
    return maps.get(name);
  }

  Collection<ZapMap> open() {
    return maps.values();
  }

  /** Makes a map known by a name. Under the lock. */
  void add(String name, ZapMap map) {
    maps.put(name, map);
  }

  /** Forgets the map of a name; null if it is not open. Under the lock. */
  @Nullable ZapMap remove(String name) {
    return maps.remove(name);
  }

  /** What a change of the directory may dirty, in bytes. */
  long changeBytes() {
    return ZapStore.changeBytes(rootObject, ZapParameters.DEFAULT);
  }

  static byte[] checkName(String mapName) {
    // Two names with the same bytes would be two maps in one object, each with locks of its own.
    byte[] key = Keys.utf8(mapName);
    if (key.length == 0 || key.length > ZapMap.MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "map name of "
              + key.length
              + " bytes: a name has 1 to "
              + ZapMap.MAX_NAME_BYTES
              + " bytes of UTF-8");
    }
    return key;
  }

  /** The map of a name, for a caller inside the gate; one that is not there is created or null. */
  @Nullable ZapMap lookUp(byte[] key, String mapName, boolean create) {
    ZapMap found = find(key, mapName);
    if (found != null || !create) {
      return found;
    }
    store.checkWritable();
    createLock.lock();
    try {
      ZapMap made = find(key, mapName);
      return made != null ? made : create(key, mapName);
    } finally {
      createLock.unlock();
    }
  }

  private @Nullable ZapMap find(byte[] key, String mapName) {
    lock.lock();
    try {
      ZapMap known = maps.get(mapName);
      if (known != null) {
        return known;
      }
      ZapValue number = root.get(key);
      if (number == null) {
        return null;
      }
      ZapMap map = openMap(number, mapName);
      maps.put(mapName, map);
      return map;
    } finally {
      lock.unlock();
    }
  }

  private ZapMap openMap(ZapValue number, String mapName) {
    if (!number.isLong()) {
      throw new CorruptException(
          ZapStore.ROOT_DIRECTORY,
          CorruptException.NONE,
          CorruptException.NONE,
          "the entry of map \"" + mapName + "\" is not the number of an object");
    }
    ZapValue options = root.get(DirectoryKeys.options(number.asLong()));
    ZapParameters parameters =
        options == null || !options.isLong()
            ? store.mapParameters()
            : MapOptions.ofLong(options.asLong()).on(store.mapParameters());
    DataObject object = objects.open(number.asLong());
    try {
      return new ZapMap(store, mapName, object, Zap.open(object, parameters), parameters);
    } catch (RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  /** Creates a map. The caller has the create lock, and has looked the name up under it. */
  private ZapMap create(byte[] key, String mapName) {
    ZapParameters parameters = store.mapParameters();
    try (Transaction tx = objects.begin(changeBytes())) {
      lock.lock();
      try {
        DataObject object = objects.create(ObjectType.MAP, NEW_MAP_BYTES, tx);
        try {
          Zap zap = Objects.requireNonNull(Zap.createLinked(object, parameters, root, key, tx));
          ZapMap map = new ZapMap(store, mapName, object, zap, parameters);
          maps.put(mapName, map);
          return map;
        } catch (RuntimeException | Error e) {
          store.failIfBroken(root, "the root directory", e);
          discard(object, tx);
          throw e;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** An empty map that no name leads to, for who adds the name in the same transaction. */
  ZapMap makeUnnamed(String mapName, ZapParameters parameters, Transaction tx) {
    DataObject object = objects.create(ObjectType.MAP, NEW_MAP_BYTES, tx);
    try {
      return new ZapMap(store, mapName, object, Zap.create(object, parameters, tx), parameters);
    } catch (RuntimeException | Error e) {
      discard(object, tx);
      throw e;
    }
  }

  /** Takes back what was made. */
  void discard(DataObject object, Transaction tx) {
    objects.destroy(object.objectId(), tx);
    object.close();
  }

  /** The names of all maps, sorted. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    try (ZapCursor cursor = root.cursor()) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        if (DirectoryKeys.isName(key)) {
          names.add(new String(key, StandardCharsets.UTF_8));
        }
      }
    }
    Collections.sort(names);
    return names;
  }

  /** Adds all that is to be closed, what comes last first. */
  void close(Closer closer) {
    closer.add(rootObject);
    closer.add(root::close);
    for (ZapMap map : maps.values()) {
      closer.add(map.object());
      closer.add(map.zap()::close);
    }
  }
}
