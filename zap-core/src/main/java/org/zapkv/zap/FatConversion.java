// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.MapFullException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * Turns a micro map into a fat one, with the structure lock held exclusively.
 *
 * <p>First everything that can fail: the entries are read, it is worked out how many leaves they
 * will take, the block is resized, and the leaves' blocks are held, none of which loses anything; a
 * failure puts the micro block back. From the header on only memory that is held is written.
 */
final class FatConversion {
  /** More leaves than this are not held in advance, so that a conversion cannot fill the cache. */
  private static final int MOST_BLOCKS_HELD = 64;

  private final BlockObject object;
  private final FatZap fat;
  private final int blockSizeBytes;
  private final LeafLayout layout;
  private boolean undone = true;

  FatConversion(BlockObject object, FatZap fat, int fatBlockShift) {
    this.object = object;
    this.fat = fat;
    this.blockSizeBytes = 1 << fatBlockShift;
    this.layout = LeafLayout.of(fatBlockShift);
  }

  /** After a failure: whether the map is micro as before. */
  boolean isUndone() {
    return undone;
  }

  void convert(Transaction tx) {
    Buffer micro = object.hold(0, this);
    Buffer block0 = micro;
    List<Buffer> leaves = new ArrayList<>();
    try {
      MicroIndex index = MicroZap.index(micro);
      List<Write> entries = entries(micro, index);
      int leafCount = 1 + splits(entries, 0);
      byte[] saved = new byte[micro.sizeBytes()];
      NativeMemory.copyToArray(micro.address(), saved, 0, saved.length);
      block0 = resize(micro, index, tx);
      try {
        holdLeaves(leaves, leafCount);
      } catch (RuntimeException | Error e) {
        block0 = restore(block0, index, saved, tx, e);
        throw e;
      }
      fill(block0, index.names(), entries, tx);
    } finally {
      leaves.forEach(leaf -> leaf.release(this));
      block0.release(this);
    }
  }

  /** All entries with their cds, in the order of their slots. */
  private static List<Write> entries(Buffer micro, MicroIndex index) {
    long[] cds = new long[index.slotCount()];
    for (int at = 0; at < index.size(); at++) {
      cds[index.slot(at)] = index.cd(at);
    }
    List<Write> entries = new ArrayList<>(index.size());
    for (int slot = 0; slot < index.slotCount(); slot++) {
      if (MicroEntry.isUsed(micro.address(), slot)) {
        byte[] key = MicroEntry.key(micro.address(), slot);
        ZapName name = index.names().exact(key);
        ZapValue value = ZapValue.ofLong(MicroEntry.value(micro.address(), slot));
        entries.add(new Write(name, value, false, cds[slot]));
      }
    }
    return entries;
  }

  /** How many splits it takes until every leaf has room: leaves are parted by one bit more each. */
  private int splits(List<Write> entries, int prefixLength) {
    int chunks = 0;
    for (Write entry : entries) {
      chunks += LeafLayout.entryChunks(entry.name().storedBytes(), entry.value().bytes().length);
    }
    if (chunks <= layout.chunkCount()) {
      return 0;
    }
    if (prefixLength == PointerTable.maxShift(ZapName.MICRO_HASH_BITS)) {
      throw new MapFullException(
          "object="
              + object.objectId()
              + ": too many keys with one hash; one leaf cannot hold them");
    }
    List<Write> lower = new ArrayList<>();
    List<Write> upper = new ArrayList<>();
    for (Write entry : entries) {
      boolean bit = entry.name().hash() << prefixLength < 0;
      (bit ? upper : lower).add(entry);
    }
    return 1 + splits(lower, prefixLength + 1) + splits(upper, prefixLength + 1);
  }

  /** The block in its new size, without user; the old one is let go. */
  private Buffer resize(Buffer micro, MicroIndex index, Transaction tx) {
    if (micro.sizeBytes() == blockSizeBytes) {
      object.dirty(micro, tx);
      micro.removeUser(index);
      return micro;
    }
    Buffer resized = object.resize(micro, blockSizeBytes, tx, this);
    micro.removeUser(index);
    micro.release(this);
    return resized;
  }

  private void holdLeaves(List<Buffer> leaves, int count) {
    for (int i = 0; i < Math.min(count, MOST_BLOCKS_HELD); i++) {
      leaves.add(object.hold(FatHeaderLayout.FIRST_LEAF_BLOCK + i, this));
    }
  }

  private Buffer restore(
      Buffer block0, MicroIndex index, byte[] saved, Transaction tx, Throwable cause) {
    Buffer restored = block0;
    try {
      if (block0.sizeBytes() != saved.length) {
        restored = object.resize(block0, saved.length, tx, this);
        block0.release(this);
      }
      NativeMemory.copyFromArray(saved, 0, restored.address(), saved.length);
      restored.setUser(index);
    } catch (RuntimeException e) {
      undone = false;
      cause.addSuppressed(e);
    }
    return restored;
  }

  private void fill(Buffer block0, ZapNames names, List<Write> entries, Transaction tx) {
    undone = false;
    FatHeader header = FatHeader.create(block0, names.salt(), names.normflags(), 0);
    block0.setUser(header);
    fat.shape().createFirstLeaf(header, tx);
    for (Write entry : entries) {
      fat.writeLocked(header, entry, tx);
    }
  }
}
