// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.zapkv.error.ZapException;
import org.zapkv.object.CheckProblem;
import org.zapkv.object.CheckReport;
import org.zapkv.object.ObjectType;
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

  private record Expected(ObjectType type, String owner, long lengthBytes) {}

  private final ZapStore store;
  private final CheckListener progress;
  private final List<String> problems = new ArrayList<>();
  private final Map<Long, Expected> expected = new HashMap<>();
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
    expect(ZapStore.ROOT_DIRECTORY, new Expected(ObjectType.DIRECTORY, "the store", 0));
    checkZap(store.root(), "the root directory", this::checkMapEntry);
    store.objects().forEachObject(this::checkObject);
    for (Map.Entry<Long, Expected> missing : expected.entrySet()) {
      add(missing.getValue().owner + " names object " + missing.getKey() + ", which is not there");
    }
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

  private void checkMapEntry(byte[] key, ZapValue value) {
    String mapName = new String(key, StandardCharsets.UTF_8);
    String name = "map \"" + mapName + "\"";
    maps++;
    if (!value.isLong()) {
      add("the root directory: the entry of " + name + " is not the number of an object");
      return;
    }
    expect(value.asLong(), new Expected(ObjectType.MAP, "the root directory for " + name, 0));
    try {
      Zap zap = store.existingMap(mapName).zap();
      checkZap(zap, name, (entryKey, entryValue) -> checkEntry(name, entryKey, entryValue));
    } catch (ZapException e) {
      add(name + ": " + e.getMessage());
    }
  }

  private void checkEntry(String map, byte[] key, ZapValue value) {
    entries++;
    if (value.isLong() || ValueStore.isBytes(value)) {
      return;
    }
    String owner = map + " key " + Keys.show(key);
    if (!ValueStore.isReference(value)) {
      add(owner + " has a value of a form that no value has");
      return;
    }
    expect(
        ValueStore.referenceObject(value),
        new Expected(ObjectType.VALUE, owner, ValueStore.referenceLength(value)));
  }

  private void expect(long objectId, Expected object) {
    Expected other = expected.put(objectId, object);
    if (other != null) {
      add("object " + objectId + " is named by " + other.owner + " and by " + object.owner);
    }
  }

  private void checkObject(long objectId, ObjectType type, long blockCount, long allocatedBytes) {
    Expected object = expected.remove(objectId);
    if (object == null) {
      add("object " + objectId + " (" + type + ") belongs to nothing");
    } else if (object.type != type) {
      add(
          "object "
              + objectId
              + " is a "
              + type
              + ", but "
              + object.owner
              + " names it as a "
              + object.type);
    } else if (type == ObjectType.VALUE
        && blockCount != ValueStore.blockCount(object.lengthBytes)) {
      add(
          "object "
              + objectId
              + " has "
              + blockCount
              + " blocks, but "
              + object.owner
              + " says that its value has "
              + object.lengthBytes
              + " bytes");
    }
  }

  private void add(String problem) {
    if (problems.size() < MAX_LISTED) {
      problems.add(problem);
    } else {
      unlisted++;
    }
  }
}
