// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.StoreFullException;

/** The space map against bit sets: what is handed out, what is stored, what survives a crash. */
final class SpaceMapModelTest {
  private static final SpaceGeometry GEOMETRY = new SpaceGeometry(9, 22);

  private BufferCache cache;
  private IoMemory loading;
  private IoMemory writing;
  private MemoryDevice device;
  private SpaceStore store;
  private SplittableRandom random;

  /** Blocks as the last durable group has them, and those of the groups since. */
  private Map<Long, BlockPointer> durable = new HashMap<>();

  /** Blocks in use in memory, by offset; and all units that must not be handed out. */
  private Map<Long, BlockPointer> present = new HashMap<>();

  private BitSet taken = new BitSet();
  private final List<BlockPointer> freedInGroup = new ArrayList<>();
  private SpaceMap space;
  private List<SpaceEntry> table;
  private long synced = 1;

  @BeforeEach
  void setUp() {
    cache = BufferCache.builder().budgetBytes(8 << 20).build();
    loading = cache.allocateIo(GEOMETRY.largestNodeBytes());
    writing = cache.allocateIo(GEOMETRY.largestNodeBytes());
    device = new MemoryDevice();
    store = new SpaceStore(device, GEOMETRY);
    table = Collections.nCopies(SpaceGeometry.NODE_COUNT, SpaceEntry.EMPTY);
    reload();
  }

  @AfterEach
  void tearDown() {
    loading.close();
    writing.close();
    cache.close();
  }

  private void reload() {
    space = new SpaceMap(store, table, synced, loading.address());
    present = new HashMap<>(durable);
    taken = bits(present.values());
    freedInGroup.clear();
  }

  @Test
  void randomGroupsWithCrashes() {
    long seed = Long.getLong("zap.seed", System.nanoTime());
    random = new SplittableRandom(seed);
    try {
      for (int round = 0; round < 400; round++) {
        group(round % 100 > 60);
        switch (random.nextInt(8)) {
          case 0 -> reload();
          case 1 -> {
            store(synced + 1);
            /* The crash comes before the uberblock: the old table is what counts. */
            reload();
          }
          default -> commit();
        }
        assertStored();
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  /** On a device with little room, in pieces: what is promised is there, and not far too little. */
  @Test
  void whatHasRoomFindsIt() {
    long seed = Long.getLong("zap.seed", System.nanoTime());
    random = new SplittableRandom(seed);
    device = new MemoryDevice("small", 10 << 20);
    store = new SpaceStore(device, GEOMETRY);
    reload();
    int promised = 0;
    int refused = 0;
    try {
      for (int round = 0; round < 400; round++) {
        long group = synced + 1;
        space.beginSync(group);
        fillOrThin(group);
        int piece = 512 * (1 + random.nextInt(80));
        int pieces = 1 + random.nextInt(100);
        if (space.hasRoom((long) pieces * piece, piece)) {
          promised++;
          takeAndGiveBack(pieces, piece, group);
        } else {
          refused++;
          assertTrue(longestRuns(piece) < pieces + 2, "room for more than " + pieces);
        }
        commit();
        assertStored();
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
    assertTrue(promised > 15 && refused > 0, "promised " + promised + ", refused " + refused);
  }

  private void fillOrThin(long group) {
    try {
      take(group, random.nextInt(200));
    } catch (StoreFullException e) {
      for (BlockPointer pointer : List.copyOf(durable.values())) {
        if (random.nextInt(3) > 0) {
          free(pointer, group);
        }
      }
    }
  }

  /** Smaller blocks among them break up no more pieces than they take. */
  private void takeAndGiveBack(int pieces, int piece, long group) {
    List<BlockPointer> taken = new ArrayList<>();
    long bytes = (long) pieces * piece;
    while (bytes >= piece) {
      boolean isSmall = piece > 4096 && random.nextInt(4) == 0;
      int size = isSmall ? 512 * (1 + random.nextInt(piece / 512 / 2)) : piece;
      // The last small ones may share a piece with nobody.
      bytes -= isSmall ? 2L * size : size;
      long offset = space.allocate(size, group);
      taken.add(new BlockPointer(offset, 0, size, size, group, 0, 0, 1, 0, false));
    }
    taken.forEach(pointer -> space.free(pointer, group));
  }

  /** How many pieces of a size there is room for. */
  private int longestRuns(int piece) {
    int count = 0;
    int units = piece / 512;
    for (int region = 0; region < 3; region++) {
      int first = (int) (GEOMETRY.unitOffset(region, GEOMETRY.fixedUnits(region)) >>> 9);
      int end = Math.min((region + 1) << 13, (10 << 20) / 512);
      while (first < end) {
        int runEnd = taken.nextSetBit(first);
        runEnd = runEnd < 0 || runEnd > end ? end : runEnd;
        count += Math.max(0, runEnd - first) / units;
        first = taken.nextClearBit(Math.min(runEnd, end));
        first = runEnd == end ? end : first;
      }
    }
    return count;
  }

  /** The open group takes blocks early, becomes the one being synced, takes and frees more. */
  private void group(boolean shrink) {
    long group = synced + 1;
    take(group, random.nextInt(10));
    space.beginSync(group);
    take(group, random.nextInt(shrink ? 10 : 60));
    for (int i = random.nextInt(shrink ? 120 : 30); i > 0 && !durable.isEmpty(); i--) {
      free(pick(new ArrayList<>(durable.values())), group);
    }
    /* A group after it takes blocks too, which must not show in what this one stores. */
    take(group + 1, random.nextInt(10));
    for (BlockPointer pointer : List.copyOf(present.values())) {
      if (pointer.birthGroup() > synced && random.nextInt(5) == 0) {
        giveBack(pointer);
      }
    }
  }

  private void take(long group, int count) {
    for (int i = 0; i < count; i++) {
      int size = random.nextInt(20) == 0 ? 1 << 20 : 512 * (1 + random.nextInt(40));
      long offset = space.allocate(size, group);
      BlockPointer pointer = new BlockPointer(offset, 0, size, size, group, 0, 0, 1, 0, false);
      BitSet units = bits(List.of(pointer));
      assertFalse(units.intersects(taken), "handed out twice");
      assertTrue(
          GEOMETRY.unitOf(offset) >= GEOMETRY.fixedUnits(GEOMETRY.regionOf(offset)),
          "a fixed part handed out");
      taken.or(units);
      present.put(offset, pointer);
    }
  }

  private void free(BlockPointer pointer, long group) {
    if (present.remove(pointer.offsetBytes(), pointer)) {
      space.free(pointer, group);
      freedInGroup.add(pointer);
    }
  }

  private void giveBack(BlockPointer pointer) {
    space.free(pointer, pointer.birthGroup());
    present.remove(pointer.offsetBytes());
    taken.andNot(bits(List.of(pointer)));
  }

  private List<SpaceEntry> store(long group) {
    return space.write(group, writing.address());
  }

  private void commit() {
    long group = synced + 1;
    table = store(group);
    space.committed(table);
    taken.andNot(bits(freedInGroup));
    freedInGroup.clear();
    synced = group;
    durable = new HashMap<>();
    for (BlockPointer pointer : present.values()) {
      if (pointer.birthGroup() <= synced) {
        durable.put(pointer.offsetBytes(), pointer);
      }
    }
    assertEquals(taken.cardinality() * 512L, space.usedBytes());
    assertEquals(0, space.pendingBytes());
  }

  /** What is stored is exactly what the last durable group has: nothing lost, nothing leaked. */
  private void assertStored() {
    try (SpaceAudit audit = new SpaceAudit(store, table, cache)) {
      List<String> problems = new ArrayList<>();
      long used = audit.load(problems::add);
      for (BlockPointer pointer : durable.values()) {
        assertEquals(new SpaceAudit.Claim(0, 0), audit.claim(pointer));
      }
      assertEquals(0, audit.leakedBytes(problems::add));
      assertEquals(List.of(), problems);
      assertEquals(bits(durable.values()).cardinality() * 512L, used);
    }
  }

  private static BitSet bits(Iterable<BlockPointer> pointers) {
    BitSet bits = new BitSet();
    for (BlockPointer pointer : pointers) {
      int first = (int) (pointer.offsetBytes() >>> 9);
      bits.set(first, first + pointer.physicalBytes() / 512);
    }
    return bits;
  }

  private BlockPointer pick(List<BlockPointer> pointers) {
    return pointers.get(random.nextInt(pointers.size()));
  }
}
