// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.object.BlockObject;

/**
 * Takes the entries out of single blocks of a map that nobody changes any more, in any order:
 * neither the header nor the pointer table is needed.
 */
public final class LeafValues {
  /** Those of the maps of a store. */
  private static final long NO_FLAGS = 0;

  private LeafValues() {}

  /** Is given entries. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * An entry.
     *
     * @param key its key, a new array
     * @param value its value
     */
    void entry(byte[] key, ZapValue value);
  }

  /**
   * Gives out those entries of a block whose value is in it and consists of several integers of 64
   * bits, in no order. A block that is no leaf, or was freed, has none.
   *
   * @param object the object that the map is in
   * @param block the number of the block
   * @param visitor is given them, while the block is held
   * @throws CorruptException if the block is damaged, or a leaf that is not whole
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  public static void forEachOfWords(BlockObject object, long block, Visitor visitor) {
    Buffer buffer = object.hold(block, visitor);
    try {
      if (isLeaf(buffer)) {
        visit(object, leaf(buffer), visitor);
      }
    } finally {
      buffer.release(visitor);
    }
  }

  private static boolean isLeaf(Buffer buffer) {
    int size = buffer.sizeBytes();
    return Integer.bitCount(size) == 1
        && size >= 1 << LeafLayout.MIN_BLOCK_SHIFT
        && size <= 1 << LeafLayout.MAX_BLOCK_SHIFT
        && NativeMemory.getLong(buffer.address()) == LeafLayout.BLOCK_TYPE;
  }

  private static Leaf leaf(Buffer buffer) {
    LeafLayout layout = LeafLayout.of(Integer.numberOfTrailingZeros(buffer.sizeBytes()));
    return new Leaf(buffer, layout, ZapName.hashBits(NO_FLAGS), ZapName.isUint64(NO_FLAGS));
  }

  private static void visit(BlockObject object, Leaf leaf, Visitor visitor) {
    if (!LeafChecker.report(leaf, (id, offset, problem) -> {})) {
      throw new CorruptException(
          object.objectId(), leaf.blockId(), CorruptException.NONE, "a leaf that is not whole");
    }
    LeafBlock block = leaf.block();
    for (int chunk = 0; chunk < leaf.chunkCount(); chunk++) {
      if (block.chunkType(chunk) == LeafLayout.TYPE_ENTRY && !leaf.isApart(chunk)) {
        ZapValue value = leaf.value(chunk);
        if (value.integerBytes() == Long.BYTES && value.count() > 1) {
          visitor.entry(leaf.key(chunk), value);
        }
      }
    }
  }
}
