// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ZapException;
import org.zapkv.object.CheckProblem;
import org.zapkv.object.CheckReport;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectType;
import org.zapkv.zap.LeafValues;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapCursor;
import org.zapkv.zap.ZapValue;

/**
 * Checks a whole store: the blocks and the space (which the object layer does), the structure of
 * every map (which the ZAP does), and here what ties them together: each object is used by exactly
 * one entry, and each entry that names an object finds it.
 */
final class StoreChecker {
  /** More problems than this are counted, not listed: a store may have millions of blocks. */
  private static final int MAX_LISTED = 1000;

  /*
   * The store may change meanwhile. An object belongs to one entry from the transaction that creates
   * it to the one that frees it. So if an object is there before the entries are walked over and
   * after, and none of them named it, then it belongs to nothing. It is there both times if its
   * number and its birth group are: a number alone may be used again. What an entry names is looked
   * at when the walk comes by, while it cannot be freed.
   *
   * A stream that is committed gives its object to the key and then takes it off the list of
   * unfinished values, in one transaction: in between two entries name it. So an object that two name
   * is a suspicion only. When the store has been synced, and with that every transaction has ended
   * that was open at the walk, it is looked at again.
   */

  private record Listed(ObjectType type, long birthGroup) {}

  /** An entry that names an object. */
  private record Naming(String owner, ZapValue value, Supplier<@Nullable ZapValue> lookup) {
    boolean isStillThere() {
      return value.equals(lookup.get());
    }
  }

  /** An object that two entries named when the walk came by. */
  private record Suspicion(long objectId, Naming one, Naming other) {
    boolean isStillThere() {
      return one.isStillThere() && other.isStillThere();
    }
  }

  private final ZapStore store;
  private final CheckListener progress;
  private final List<String> problems = new ArrayList<>();
  private final Map<Long, Naming> named = new HashMap<>();
  private final List<Suspicion> suspicions = new ArrayList<>();
  private long unlisted;
  private long maps;
  private long entries;

  StoreChecker(ZapStore store, CheckListener progress) {
    this.store = store;
    this.progress = progress;
  }

  StoreCheckReport run() {
    CheckReport blocks = store.objects().check(progress::progress);
    for (CheckProblem problem : blocks.problems()) {
      add(problem.toString());
    }
    unlisted += blocks.problemCount() - blocks.problems().size();
    Map<Long, Listed> unnamed = listObjects();
    unnamed.remove(ZapStore.ROOT_DIRECTORY);
    checkUnfinished();
    checkZap(store.root(), "the root directory", this::checkDirectoryEntry);
    unnamed.keySet().removeAll(named.keySet());
    checkSuspicions();
    checkUnnamed(unnamed);
    if (unlisted > 0) {
      problems.add("and " + unlisted + " more");
    }
    return new StoreCheckReport(
        blocks.objectCount(),
        blocks.blockCount(),
        blocks.verifiedBytes(),
        maps,
        entries,
        blocks.leakedBytes(),
        List.copyOf(problems));
  }

  private interface EntryCheck {
    void check(byte[] key, ZapValue value);
  }

  private void checkZap(Zap zap, String name, EntryCheck entryCheck) {
    long objectId = zap.object().objectId();
    zap.check(
        (blockId, offsetBytes, problem) ->
            add(
                name
                    + ": object="
                    + objectId
                    + " block="
                    + blockId
                    + (offsetBytes < 0 ? "" : " offset=" + offsetBytes)
                    + ": "
                    + problem));
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        entryCheck.check(cursor.key(), cursor.value());
      }
    } catch (ZapException e) {
      add(name + ": " + e.getMessage());
    }
  }

  /* Before the maps: what is taken off the list is in its map, or freed. */
  private void checkUnfinished() {
    String name = "the list of unfinished values";
    try {
      Zap list = store.unfinished().list();
      if (list != null) {
        checkZap(
            list,
            name,
            (key, value) ->
                name(
                    Long.parseLong(new String(key, StandardCharsets.US_ASCII)),
                    new Naming(name, value, () -> list.get(key))));
      }
    } catch (ZapException | NumberFormatException e) {
      add(name + ": " + e.getMessage());
    }
  }

  private void checkDirectoryEntry(byte[] key, ZapValue value) {
    Long dropped = DirectoryKeys.droppedObject(key);
    if (DirectoryKeys.isName(key)) {
      checkMapEntry(key, value);
    } else if (UnfinishedValues.isName(key) && value.isLong()) {
      name(
          value.asLong(),
          new Naming("the list of unfinished values", value, () -> store.root().get(key)));
    } else if (dropped != null) {
      name(dropped, new Naming("a dropped map", value, () -> store.root().get(key)));
      nameValuesOfDropped(dropped);
    }
  }

  /** Its values have an owner until they are freed; what it is besides does not matter any more. */
  private void nameValuesOfDropped(long objectId) {
    String owner = "dropped map " + objectId;
    try (DataObject object = store.objects().open(objectId)) {
      for (long block = 1; block < object.blockCount(); block++) {
        LeafValues.forEachOfWords(
            object,
            block,
            (key, value) -> {
              if (ValueStore.isReference(value)) {
                name(ValueStore.referenceObject(value), new Naming(owner, value, () -> value));
              }
            });
      }
    } catch (ZapException e) {
      add(owner + ": " + e.getMessage());
    }
  }

  private void checkMapEntry(byte[] key, ZapValue value) {
    String mapName = new String(key, StandardCharsets.UTF_8);
    String name = "map \"" + mapName + "\"";
    maps++;
    if (!value.isLong()) {
      add("the root directory: the entry of " + name + " is not the number of an object");
      return;
    }
    name(value.asLong(), new Naming(name, value, () -> store.root().get(key)));
    try {
      ZapMap map = store.maps().lookUp(key, mapName, false);
      if (map != null) {
        checkMap(map, name);
      }
    } catch (ZapException e) {
      add(name + ": " + e.getMessage());
    }
  }

  private void checkMap(ZapMap map, String name) {
    if (map.object().type() != ObjectType.MAP) {
      add(name + " is in object " + map.object().objectId() + ", a " + map.object().type());
    }
    checkZap(map.zap(), name, (key, value) -> checkEntry(map.zap(), name, key, value));
  }

  private void checkEntry(Zap zap, String map, byte[] key, ZapValue value) {
    entries++;
    if (value.isLong() || ValueStore.isBytes(value)) {
      return;
    }
    String owner = map + " key " + Keys.show(key);
    if (!ValueStore.isReference(value)) {
      add(owner + " has a value of a form that no value has");
      return;
    }
    Supplier<@Nullable ZapValue> lookup = () -> zap.get(key);
    name(ValueStore.referenceObject(value), new Naming(owner, value, lookup));
    try {
      store.values().checkReference(key, value, lookup);
    } catch (ZapException e) {
      add(owner + ": " + e.getMessage());
    }
  }

  private void name(long objectId, Naming naming) {
    Naming other = named.put(objectId, naming);
    if (other == null) {
      return;
    }
    Suspicion suspicion = new Suspicion(objectId, other, naming);
    if (suspicion.isStillThere()) {
      suspicions.add(suspicion);
    }
  }

  private void checkSuspicions() {
    if (suspicions.isEmpty()) {
      return;
    }
    store.objects().sync();
    for (Suspicion suspicion : suspicions) {
      if (suspicion.isStillThere()) {
        add(
            "object "
                + suspicion.objectId
                + " is named by "
                + suspicion.one.owner
                + " and by "
                + suspicion.other.owner);
      }
    }
  }

  /** The objects of the state that was synced last. */
  private Map<Long, Listed> listObjects() {
    Map<Long, Listed> objects = new HashMap<>();
    try {
      store
          .objects()
          .forEachObject(
              (objectId, type, birthGroup, blockCount, allocatedBytes) ->
                  objects.put(objectId, new Listed(type, birthGroup)));
    } catch (ZapException e) {
      add("the list of objects: " + e.getMessage());
    }
    return objects;
  }

  private void checkUnnamed(Map<Long, Listed> unnamed) {
    if (unnamed.isEmpty()) {
      return;
    }
    store.objects().sync();
    Map<Long, Listed> present = listObjects();
    unnamed.forEach(
        (objectId, object) -> {
          if (object.equals(present.get(objectId))) {
            add("object " + objectId + " (" + object.type + ") belongs to nothing");
          }
        });
  }

  private void add(String problem) {
    if (problems.size() < MAX_LISTED) {
      problems.add(problem);
    } else {
      unlisted++;
    }
  }
}
