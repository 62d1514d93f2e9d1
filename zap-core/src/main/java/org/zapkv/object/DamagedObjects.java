// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.ZapException;
import org.zapkv.log.IntentLog;
import org.zapkv.pool.BlockPacking;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Compression;
import org.zapkv.pool.DamagedPool;
import org.zapkv.pool.FoundBlock;

/**
 * The objects of a store of which anything may be lost. What the tree of blocks leads to is taken
 * from there; where a part of the tree is lost, the blocks below it are looked for on the whole
 * device, by what they say of themselves. Never writes. Used by one thread.
 */
public final class DamagedObjects implements AutoCloseable {
  private final BufferCache cache;
  private final DamagedPool damaged;
  private final NavigableMap<Long, SalvagedObject> objects = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  /** Objects of which it is not known whether they are there. */
  private final List<LostRange> lostObjects = new ArrayList<>();

  private DamagedObjects(BufferCache cache, DamagedPool damaged) {
    this.cache = cache;
    this.damaged = damaged;
  }

  /**
   * Looks for all objects.
   *
   * @param device the device; belongs to the caller
   * @param cacheBytes how much memory outside the Java heap is used
   * @param packing how leaves are packed
   * @param progress is told how far it is, if the whole device has to be read
   * @return what was found
   * @throws org.zapkv.error.FormatTooNewException if the store uses what this version does not know
   */
  public static DamagedObjects open(
      BlockDevice device, long cacheBytes, BlockPacking packing, CheckProgress progress) {
    BufferCache cache = BufferCache.builder().budgetBytes(cacheBytes).build();
    DamagedPool pool = null;
    try {
      pool = DamagedPool.open(device, cache, Clock.systemUTC());
      pool.pool().compressWith(Compression.NONE, packing);
      DamagedObjects found = new DamagedObjects(cache, pool);
      found.find(progress);
      return found;
    } catch (Throwable e) {
      if (pool != null) {
        pool.close();
      }
      cache.close();
      throw e;
    }
  }

  private void find(CheckProgress progress) {
    if (damaged.mayBeOutdated()) {
      problems.add(
          "both uberblocks of group %d are damaged: if it was committed, this is the state before it"
              .formatted(damaged.group() + 1));
    }
    if (damaged.hasState()) {
      walkTree();
    } else {
      problems.add(
          damaged.hasLabel()
              ? "no uberblock is valid"
              : "the label is lost, and what it is needed for");
      lostObjects.add(LostRange.EVERYTHING);
    }
    boolean whole = objects.values().stream().allMatch(SalvagedObject::isWhole);
    if (!lostObjects.isEmpty() || !whole) {
      damaged.scan(cache, this::found, progress::advanced);
    }
  }

  private void walkTree() {
    try (StoreWalker walker = new StoreWalker(cache, damaged.pool(), new TreeVisitor())) {
      walker.walk();
    } catch (ZapException e) {
      problems.add("the tree of blocks: " + e.getMessage());
      lostObjects.add(LostRange.EVERYTHING);
    }
  }

  /** A block that was found by what it says of itself. */
  private void found(FoundBlock found) {
    ObjectType type = ObjectType.ofCode(found.objectType());
    if (type == null || found.objectId() <= 0 || found.index() < 0) {
      return;
    }
    SalvagedObject known = objects.get(found.objectId());
    if (known == null) {
      if (isLost(found.objectId())) {
        known = newObject(found.objectId(), type);
        known.lose(LostRange.EVERYTHING);
        known.add(found);
      }
    } else if (known.isLost(found.index()) && known.type() == type) {
      known.add(found);
    }
  }

  private boolean isLost(long objectId) {
    return lostObjects.stream().anyMatch(range -> range.contains(objectId));
  }

  private SalvagedObject newObject(long objectId, ObjectType type) {
    SalvagedObject object = new SalvagedObject(cache, damaged.pool(), objectId, type);
    objects.put(objectId, object);
    return object;
  }

  /**
   * All objects that were found.
   *
   * @return the objects, by their numbers
   */
  public Collection<SalvagedObject> objects() {
    return Collections.unmodifiableCollection(objects.values());
  }

  /**
   * An object.
   *
   * @param objectId its number
   * @return null if nothing is left of it
   */
  public @Nullable SalvagedObject object(long objectId) {
    return objects.get(objectId);
  }

  /**
   * Whether all of this may be an older state: the uberblock of a newer one may be lost.
   *
   * @return true if any of it may have been changed or removed since
   */
  public boolean mayBeOutdated() {
    return damaged.mayBeOutdated();
  }

  /**
   * What is damaged above the data blocks.
   *
   * @return a line for each thing that is wrong
   */
  public List<String> problems() {
    return Collections.unmodifiableList(problems);
  }

  /**
   * Whether the store has an intent log whose position is known.
   *
   * @return true if {@link #openLog} can be called
   */
  public boolean hasLog() {
    return damaged.hasState() && damaged.pool().hasLog();
  }

  /**
   * Opens the store's intent log.
   *
   * @param logDevice the device of the log; belongs to the caller, and is not written
   * @return the log, to be replayed and closed
   * @throws org.zapkv.error.CorruptException if its head is damaged
   */
  public IntentLog openLog(BlockDevice logDevice) {
    return IntentLog.open(
        logDevice, cache, damaged.pool().storeId(), damaged.pool().committedLog());
  }

  @Override
  public void close() {
    damaged.close();
    cache.close();
  }

  /** Takes what the tree leads to, and notes what it does not lead to any more. */
  private final class TreeVisitor implements StoreWalker.Visitor {
    private int lastLevel;
    private long lastIndex;

    @Override
    public boolean object(long objectId, Dnode dnode) {
      newObject(objectId, dnode.type());
      return true;
    }

    @Override
    public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
      lastLevel = level;
      lastIndex = index;
      SalvagedObject object = objects.get(objectId);
      if (level == 0 && object != null) {
        int type = object.type().code();
        object.add(new FoundBlock(type, objectId, index, pointer, FoundBlock.Standing.USED));
      }
      return true;
    }

    @Override
    public void endOfObject(long objectId, Dnode dnode) {}

    /** Comes right after the pointer of what cannot be read; only a dnode has none. */
    @Override
    public void damaged(long objectId, long blockId, ZapException problem) {
      problems.add(String.valueOf(problem.getMessage()));
      SalvagedObject object = objects.get(objectId);
      if (objectId == MetaObject.OBJECT_ID) {
        lostObjects.add(LostRange.below(lastLevel, lastIndex).times(DnodeLayout.PER_META_BLOCK));
      } else if (object == null) {
        lostObjects.add(new LostRange(objectId, objectId + 1));
      } else {
        object.lose(LostRange.below(lastLevel, lastIndex));
      }
    }
  }
}
