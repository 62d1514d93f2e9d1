// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.error.ZapException;

/**
 * Compares the space that a durable state marks as used with the blocks that are reached from it.
 * Reads the space map from the device anew. Used by one thread.
 */
public final class SpaceAudit implements AutoCloseable {
  private final SpaceStore store;
  private final SpaceGeometry geometry;
  private final List<SpaceEntry> table;
  private final IoMemory memory;
  private final Map<Integer, AuditedRegion> regions = new HashMap<>();
  private Consumer<String> problems = text -> {};

  /**
   * What is known of the space of a block.
   *
   * @param doublyUsedBytes how much of it another block has too
   * @param unallocatedBytes how much of it is marked as free
   */
  public record Claim(long doublyUsedBytes, long unallocatedBytes) {

    /** The space of a block that lies where no block can be. */
    static Claim impossible(BlockPointer pointer) {
      return new Claim(0, pointer.physicalBytes());
    }
  }

  SpaceAudit(SpaceStore store, List<SpaceEntry> table, BufferCache cache) {
    this.store = store;
    this.geometry = store.geometry();
    this.table = table;
    this.memory = cache.allocateIo(geometry.largestNodeBytes());
  }

  /**
   * Reads the whole space map.
   *
   * @param damage is told of every bitmap and index node that cannot be read
   * @return how many bytes are marked as used
   */
  public long load(Consumer<String> damage) {
    problems = damage;
    long usedBytes = 0;
    for (int node = 0; node < table.size(); node++) {
      if (!table.get(node).isEmpty()) {
        usedBytes += loadNode(node);
      }
    }
    return usedBytes;
  }

  /**
   * A block is reached.
   *
   * @param pointer where it is, no hole
   * @return what is wrong with its space
   */
  public Claim claim(BlockPointer pointer) {
    long offset = pointer.offsetBytes();
    int unit = geometry.unitOf(offset);
    int count = geometry.unitsFor(pointer.physicalBytes());
    int index = geometry.regionOf(offset);
    if (offset < 0
        || offset >= geometry.regionOffset(SpaceGeometry.REGION_COUNT)
        || unit < geometry.fixedUnits(index)
        || unit + count > geometry.unitsPerRegion()) {
      return Claim.impossible(pointer);
    }
    AuditedRegion region =
        regions.computeIfAbsent(index, i -> new AuditedRegion(Region.empty(i, geometry), geometry));
    return region.claim(unit, count, geometry.unitBytes());
  }

  /**
   * How much is marked as used and was not claimed.
   *
   * @param leak is told of every run of such space
   * @return bytes
   */
  public long leakedBytes(Consumer<String> leak) {
    long leaked = 0;
    for (AuditedRegion region : regions.values()) {
      leaked += region.leakedUnits(leak);
    }
    return leaked << geometry.unitShift();
  }

  private long loadNode(int index) {
    IndexNode node = readNode(index);
    if (node == null) {
      return 0;
    }
    long usedUnits = 0;
    int first = index * SpaceGeometry.REGIONS_PER_NODE;
    for (int region = first; region < first + SpaceGeometry.REGIONS_PER_NODE; region++) {
      if (!node.entry(region).isEmpty()) {
        usedUnits += loadRegion(node, region);
      }
    }
    if (usedUnits != table.get(index).usedUnits()) {
      problems.accept(
          "index node %d has %d used units, the uberblock says %d"
              .formatted(index, usedUnits, table.get(index).usedUnits()));
    }
    return usedUnits << geometry.unitShift();
  }

  private long loadRegion(IndexNode node, int index) {
    Region region = readRegion(index, node.entry(index));
    if (region == null) {
      regions.put(index, AuditedRegion.unknown(index, geometry));
      return node.entry(index).usedUnits();
    }
    regions.put(index, new AuditedRegion(region, geometry));
    if (region.usedUnits() != node.entry(index).usedUnits()) {
      problems.accept(
          "the bitmap of region %d has %d used units, its index node says %d"
              .formatted(index, region.usedUnits(), node.entry(index).usedUnits()));
    }
    return region.usedUnits();
  }

  private @Nullable IndexNode readNode(int index) {
    try {
      return store.readNode(index, table.get(index), memory.address());
    } catch (ZapException e) {
      problems.accept(e.getMessage());
      return null;
    }
  }

  private @Nullable Region readRegion(int index, SpaceEntry entry) {
    try {
      return store.readRegion(index, entry, memory.address());
    } catch (ZapException e) {
      problems.accept(e.getMessage());
      return null;
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
