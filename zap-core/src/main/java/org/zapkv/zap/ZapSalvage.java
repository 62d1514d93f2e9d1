// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ZapException;
import org.zapkv.object.SalvagedObject;

/**
 * Takes the entries out of what is left of a map: out of every leaf that is whole, whatever else is
 * lost. Neither the header nor the pointer table is needed, as a leaf says itself which hashes it
 * is for. Used by one thread.
 */
public final class ZapSalvage {
  /*
   * Implementation notes
   *
   * Where it is not known which blocks are in use, a leaf that was merged away long ago may have been
   * found. Then the leaf that took over its hashes was written later. So in such a map an entry counts
   * only if no younger leaf covers its hash: `youngest` has the group of the youngest leaf for each
   * prefix. That takes a pass over all blocks of its own. Entries of leaves of one and the same group
   * are all given, those of the younger leaves last.
   *
   * An entry whose value is in the overflow is given there: its key is there too.
   */

  private static final int PREFIX_LENGTHS = Long.SIZE + 1;

  /** Those of the maps of a store. */
  private static final long NO_FLAGS = 0;

  private final SalvagedObject object;
  private final EntryVisitor visitor;

  /** For each length of a prefix, those of the main table and then those of the overflow. */
  private final Map<Integer, Map<Long, Long>> youngest = new HashMap<>();

  private final BitSet prefixLengths = new BitSet();

  private long youngestLeaf = -1;
  private long leafCount;
  private long unreadable;
  private long expectedLeaves;
  private boolean headerFound;
  private long apart;
  private long valuesOfOthers;

  /** Is given entries. */
  @FunctionalInterface
  public interface EntryVisitor {
    /**
     * An entry.
     *
     * @param key its key
     * @param value its value
     * @param mayBeOld whether it may have been changed or removed since
     */
    void entry(byte[] key, ZapValue value, boolean mayBeOld);
  }

  /**
   * What was lost.
   *
   * @param leaves how many leaves, at least
   * @param values how many values that should have been in the overflow, at least
   */
  public record Loss(long leaves, long values) {}

  private ZapSalvage(SalvagedObject object, EntryVisitor visitor) {
    this.object = object;
    this.visitor = visitor;
  }

  /**
   * Gives out all entries that are left.
   *
   * @param object what is left of the object that the map is in
   * @param visitor is given them, one more than once only if some may be old: then the last is the
   *     youngest
   * @return what is not left
   */
  public static Loss salvage(SalvagedObject object, EntryVisitor visitor) {
    return new ZapSalvage(object, visitor).run();
  }

  private Loss run() {
    long[] blocks = object.blockIds();
    boolean mayBeOld = Arrays.stream(blocks).anyMatch(object::mayBeOld);
    if (mayBeOld) {
      blocks =
          Arrays.stream(blocks)
              .boxed()
              .sorted(Comparator.comparingLong(object::birthGroup))
              .mapToLong(Long::longValue)
              .toArray();
      for (long block : blocks) {
        visit(block, this::noteLeaf);
      }
      unreadable = 0;
    }
    for (long block : blocks) {
      visit(block, this::takeBlock);
    }
    boolean isEmpty = blocks.length == 0;
    long missing = headerFound ? Math.max(0, expectedLeaves - leafCount) : 0;
    long lost = Math.max(missing, unreadable);
    return new Loss(isEmpty ? 1 : lost, Math.max(0, apart - valuesOfOthers));
  }

  /** Looks at a block that is held meanwhile. */
  private interface BlockAction {
    void accept(Buffer buffer);
  }

  private void visit(long block, BlockAction action) {
    Buffer buffer;
    try {
      buffer = object.hold(block, this);
    } catch (ZapException e) {
      unreadable++;
      return;
    }
    try {
      action.accept(buffer);
    } finally {
      buffer.release(this);
    }
  }

  private static long type(Buffer buffer) {
    return NativeMemory.getLong(buffer.address());
  }

  private static boolean mayBeLeaf(Buffer buffer) {
    int size = buffer.sizeBytes();
    return type(buffer) == LeafLayout.BLOCK_TYPE
        && Integer.bitCount(size) == 1
        && size >= 1 << LeafLayout.MIN_BLOCK_SHIFT
        && size <= 1 << LeafLayout.MAX_BLOCK_SHIFT;
  }

  private Leaf leaf(Buffer buffer) {
    LeafLayout layout = LeafLayout.of(Integer.numberOfTrailingZeros(buffer.sizeBytes()));
    return new Leaf(buffer, layout, ZapName.hashBits(NO_FLAGS), ZapName.isUint64(NO_FLAGS));
  }

  private static boolean isWhole(Leaf leaf) {
    return LeafChecker.report(leaf, (block, offset, problem) -> {});
  }

  private void noteLeaf(Buffer buffer) {
    if (!mayBeLeaf(buffer)) {
      return;
    }
    Leaf leaf = leaf(buffer);
    if (isWhole(leaf)) {
      long group = object.birthGroup(buffer.blockId());
      int key = keyOf(leaf.prefixLength(), leaf.isInOverflow());
      prefixLengths.set(key);
      youngest.computeIfAbsent(key, k -> new HashMap<>()).merge(leaf.prefix(), group, Math::max);
      youngestLeaf = Math.max(youngestLeaf, group);
    }
  }

  private static int keyOf(int prefixLength, boolean inOverflow) {
    return prefixLength + (inOverflow ? PREFIX_LENGTHS : 0);
  }

  /** Whether a younger leaf than that of a group is for a hash. */
  private boolean isCovered(long hash, boolean inOverflow, long group) {
    int first = keyOf(0, inOverflow);
    for (int key = prefixLengths.nextSetBit(first);
        key >= 0 && key < first + PREFIX_LENGTHS;
        key = prefixLengths.nextSetBit(key + 1)) {
      int length = key - first;
      long prefix = length == 0 ? 0 : hash >>> (Long.SIZE - length);
      Map<Long, Long> groups = youngest.get(key);
      if (groups != null && groups.getOrDefault(prefix, -1L) > group) {
        return true;
      }
    }
    return false;
  }

  private void takeBlock(Buffer buffer) {
    long type = type(buffer);
    if (type == MicroLayout.BLOCK_TYPE && buffer.blockId() == 0) {
      takeMicro(buffer);
    } else if (type == FatHeaderLayout.BLOCK_TYPE) {
      takeHeader(buffer);
    } else if (mayBeLeaf(buffer)) {
      Leaf leaf = leaf(buffer);
      if (isWhole(leaf)) {
        leafCount++;
        takeLeaf(leaf);
      } else {
        unreadable++;
      }
    }
  }

  private void takeHeader(Buffer buffer) {
    long address = buffer.address();
    boolean isMain = buffer.blockId() == 0;
    long magic = isMain ? FatHeaderLayout.MAGIC : FatHeaderLayout.OVERFLOW_MAGIC;
    if (NativeMemory.getLong(address + FatHeaderLayout.MAGIC_OFFSET) != magic) {
      return;
    }
    expectedLeaves += NativeMemory.getLong(address + FatHeaderLayout.LEAF_COUNT_OFFSET);
    headerFound |= isMain;
  }

  private void takeMicro(Buffer buffer) {
    if (youngestLeaf > object.birthGroup(0)) {
      return;
    }
    try {
      MicroIndex.read(buffer);
    } catch (ZapException e) {
      unreadable++;
      return;
    }
    long address = buffer.address();
    boolean mayBeOld = object.mayBeOld(0);
    for (int slot = 0; slot < MicroLayout.slotCount(buffer.sizeBytes()); slot++) {
      if (MicroEntry.isUsed(address, slot)) {
        ZapValue value = ZapValue.ofLong(MicroEntry.value(address, slot));
        visitor.entry(MicroEntry.key(address, slot), value, mayBeOld);
      }
    }
  }

  private void takeLeaf(Leaf leaf) {
    LeafBlock block = leaf.block();
    long group = object.birthGroup(leaf.blockId());
    boolean mayBeOld = object.mayBeOld(leaf.blockId());
    for (int chunk = 0; chunk < leaf.chunkCount(); chunk++) {
      if (block.chunkType(chunk) != LeafLayout.TYPE_ENTRY
          || isCovered(block.hash(chunk), leaf.isInOverflow(), group)) {
        continue;
      }
      if (leaf.isApart(chunk)) {
        apart++;
      } else {
        valuesOfOthers += leaf.isValueOfOther(chunk) ? 1 : 0;
        visitor.entry(leaf.key(chunk), leaf.value(chunk), mayBeOld);
      }
    }
  }
}
