// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.ZapException;
import org.zapkv.log.IntentLog;
import org.zapkv.object.DamagedObjects;
import org.zapkv.object.ObjectType;
import org.zapkv.object.SalvagedObject;
import org.zapkv.zap.LeafPacking;
import org.zapkv.zap.ZapSalvage;
import org.zapkv.zap.ZapValue;

/** Puts what is left of a damaged store into a new one. Used by one thread. */
final class Salvage {
  /*
   * Implementation notes
   *
   * Three layers find what is left: the pool blocks, the object layer objects, the ZAP entries. Here
   * the root directory's entries give the maps their names, and references their values. An entry that
   * may be old comes before the one that may have replaced it, so what is put last stays.
   *
   * Where the newest uberblock may be lost, the tree of the one before is taken: it is whole, and each
   * of its entries may be old. What the log says comes on top. The bitmaps of the lost group might say
   * more, but not whether the group was committed.
   */

  /** For what is read of the damaged store. */
  private static final long CACHE_BYTES = 64L << 20;

  private static final int BATCH_ENTRIES = 1000;
  private static final long BATCH_BYTES = 4L << 20;

  private final DamagedObjects objects;
  private final SalvagedValues values;
  private final ZapStore target;
  private final List<String> problems;

  /** The object of the list of unfinished values, which is no map; -1 if there is none. */
  private long unfinished = -1;

  private final List<SalvagedMap> maps = new ArrayList<>();

  /** By the object of the map; of those that have some. */
  private final Map<Long, MapOptions> options = new HashMap<>();

  /** The objects of maps that were dropped, and are not freed yet. */
  private final Set<Long> dropped = new HashSet<>();

  private Salvage(DamagedObjects objects, ZapStore target) {
    this.objects = objects;
    this.values = new SalvagedValues(objects);
    this.target = target;
    this.problems = new ArrayList<>(objects.problems());
  }

  static SalvageReport run(
      Path damaged, Path target, ZapStoreBuilder builder, CheckListener progress) {
    Path blocks = damaged.resolve(StoreDirectory.BLOCKS_FILE);
    Path logFile = damaged.resolve(StoreDirectory.LOG_FILE);
    if (!Files.exists(blocks)) {
      throw new NotAStoreException(
          damaged + " holds no store (no file " + blocks.getFileName() + " in it): check the path");
    }
    if (Files.exists(target.resolve(StoreDirectory.BLOCKS_FILE))) {
      throw new ZapException(
          target + " is a store: what is salvaged goes into a new one; name another directory");
    }
    try (Closer closer = new Closer()) {
      closer.add(DirectoryLock.acquire(damaged, true));
      FileDevice device = closer.add(FileDevice.openReadOnly(blocks));
      DamagedObjects objects =
          closer.add(
              DamagedObjects.open(device, CACHE_BYTES, LeafPacking.instance(), progress::progress));
      ZapStore store = closer.add(builder.open(target));
      FileDevice log = Files.exists(logFile) ? closer.add(FileDevice.openReadOnly(logFile)) : null;
      return new Salvage(objects, store).salvage(log);
    }
  }

  private SalvageReport salvage(@Nullable FileDevice logDevice) {
    Map<Long, String> names = names();
    for (Map.Entry<Long, String> named : names.entrySet()) {
      SalvagedObject object = objects.object(named.getKey());
      if (object == null || object.type() != ObjectType.MAP) {
        maps.add(new SalvagedMap(named.getValue(), 0, 1, 0, 0));
      } else {
        salvageMap(object, named.getValue());
      }
    }
    for (SalvagedObject object : objects.objects()) {
      if (object.type() == ObjectType.MAP
          && object.blockIds().length > 0
          && object.objectId() != unfinished
          && !dropped.contains(object.objectId())
          && !names.containsKey(object.objectId())) {
        problems.add("the name of the map in object " + object.objectId() + " is lost");
        salvageMap(object, "salvaged-" + object.objectId());
      }
    }
    long logRecords = replayLog(logDevice);
    target.sync();
    maps.sort(Comparator.comparing(SalvagedMap::name));
    return new SalvageReport(List.copyOf(maps), logRecords, List.copyOf(problems));
  }

  /** Without an uberblock it is not known which of the records in the log are later. */
  private long replayLog(@Nullable FileDevice logDevice) {
    if (!objects.hasLog() || logDevice == null) {
      problems.add("the intent log cannot be used: the commits that are only in it are lost");
      return 0;
    }
    try (IntentLog log = objects.openLog(logDevice)) {
      return LogReplay.salvage(target, log, problems);
    } catch (ZapException e) {
      problems.add("the intent log cannot be used: " + e.getMessage());
      return 0;
    }
  }

  /** The objects of maps, and their names. */
  private Map<Long, String> names() {
    Map<Long, String> names = new TreeMap<>();
    Set<String> taken = new HashSet<>();
    SalvagedObject directory = objects.object(ZapStore.ROOT_DIRECTORY);
    if (directory == null) {
      problems.add("the root directory is lost, and with it the names of all maps");
      return names;
    }
    ZapSalvage.Loss loss =
        ZapSalvage.salvage(
            directory,
            (key, value, mayBeOld) -> {
              if (UnfinishedValues.isName(key) && value.isLong()) {
                unfinished = value.asLong();
                return;
              }
              Long droppedObject = DirectoryKeys.droppedObject(key);
              if (droppedObject != null && !mayBeOld) {
                dropped.add(droppedObject);
              }
              Long optionsObject = DirectoryKeys.optionsObject(key);
              if (optionsObject != null && value.isLong()) {
                options.put(optionsObject, MapOptions.ofLong(value.asLong()));
              }
              String name = text(key);
              if (value.isLong() && name != null && taken.add(name)) {
                names.put(value.asLong(), name);
              }
            });
    if (loss.leaves() > 0) {
      problems.add(
          "the root directory has lost " + loss.leaves() + " blocks, and the names in them");
    }
    return names;
  }

  private static @Nullable String text(byte[] key) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
      return key.length == 0 || key.length > ZapMap.MAX_NAME_BYTES ? null : text;
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Built as the damaged one was; not if there is one of that name, by some accident. */
  private ZapMap targetMap(String name, @Nullable MapOptions its) {
    return its == null || target.mapNames().contains(name)
        ? target.map(name)
        : target.map(name, its);
  }

  private void salvageMap(SalvagedObject object, String name) {
    MapWriter writer = new MapWriter(targetMap(name, options.get(object.objectId())));
    ZapSalvage.Loss loss = ZapSalvage.salvage(object, writer::put);
    writer.commit();
    maps.add(
        new SalvagedMap(
            name,
            writer.map.size(),
            loss.leaves(),
            loss.values() + writer.lostValues,
            writer.uncertain));
  }

  /** Writes the entries of one map, many at a time. */
  private final class MapWriter {
    private final ZapMap map;
    private final Batch batch = target.batch();
    private long lostValues;
    private long uncertain;

    MapWriter(ZapMap map) {
      this.map = map;
    }

    void put(byte[] key, ZapValue value, boolean mayBeOld) {
      boolean isUncertain = mayBeOld || objects.mayBeOutdated();
      if (value.isLong()) {
        batch.putLong(map, key, value.asLong());
      } else if (ValueStore.isBytes(value)) {
        batch.put(map, key, value.bytes());
      } else {
        SalvagedValues.Value large = ValueStore.isReference(value) ? values.find(value) : null;
        if (large == null || !putLarge(key, large)) {
          lostValues++;
          return;
        }
        isUncertain |= large.mayBeOld();
      }
      uncertain += isUncertain ? 1 : 0;
      if (batch.size() >= BATCH_ENTRIES || batch.heapBytes() >= BATCH_BYTES) {
        commit();
      }
    }

    /** False: it cannot be read. One that may be longer than a batch takes is never in memory. */
    private boolean putLarge(byte[] key, SalvagedValues.Value value) {
      if (value.lengthBytes() <= BATCH_BYTES) {
        byte[] bytes = value.bytes();
        if (bytes != null) {
          batch.put(map, key, bytes);
        }
        return bytes != null;
      }
      commit(); // what was put before has to be replaced
      try (ValueOutputStream out = map.withDurability(Durability.NONE).newValue(key)) {
        boolean isWhole = value.writeTo(out);
        if (isWhole) {
          out.commit();
        }
        return isWhole;
      }
    }

    void commit() {
      batch.commit(Durability.NONE);
    }
  }
}
