// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * Turns a micro map into a fat one, with the structure lock held exclusively.
 *
 * <p>Whatever fails on the way, the micro map is put back as it was: the blocks of the fat one are
 * freed, and block 0 gets its size and its bytes back. Nobody can see the fat map before it is
 * done, as it takes the lock to look.
 */
final class FatConversion {
  private final BlockObject object;
  private final FatZap fat;
  private final int blockSizeBytes;
  private boolean undone = true;
  private int entryCount;

  FatConversion(BlockObject object, FatZap fat, int fatBlockShift) {
    this.object = object;
    this.fat = fat;
    this.blockSizeBytes = 1 << fatBlockShift;
  }

  /** After a failure: whether the map is micro as before. */
  boolean isUndone() {
    return undone;
  }

  /** How many entries the map had. */
  int entryCount() {
    return entryCount;
  }

  void convert(Transaction tx) {
    Buffer block0 = object.hold(0, this);
    try {
      MicroIndex index = MicroZap.index(block0);
      List<Write> entries = entries(block0, index);
      entryCount = entries.size();
      byte[] saved = new byte[block0.sizeBytes()];
      NativeMemory.copyToArray(block0.address(), saved, 0, saved.length);
      block0 = resize(block0, index, tx);
      // The index is gone: who reads without a lock takes nothing of what comes now for a micro
      // map.
      Buffer changing = block0;
      changing.beginChange();
      try {
        fill(block0, index.names(), entries, tx);
      } catch (RuntimeException | Error e) {
        block0 = restore(block0, index, saved, tx, e);
        throw e;
      } finally {
        changing.endChange();
      }
    } finally {
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

  /** The block in its new size, without user; the old one is let go. */
  private Buffer resize(Buffer micro, MicroIndex index, Transaction tx) {
    if (micro.sizeBytes() == blockSizeBytes) {
      object.dirty(micro, tx);
      micro.removeUser(index);
      return micro;
    }
    MicroZap.checkOneBlock(object);
    Buffer resized = object.resize(micro, blockSizeBytes, tx, this);
    micro.removeUser(index);
    micro.release(this);
    return resized;
  }

  private void fill(Buffer block0, ZapNames names, List<Write> entries, Transaction tx) {
    FatHeader header = FatHeader.create(block0, names.salt(), names.normflags(), 0);
    block0.setUser(header);
    UserMemory.count(block0, FatHeader.HEAP_BYTES);
    fat.shape().createFirstLeaf(header, tx);
    for (Write entry : entries) {
      fat.writer().writeLocked(header, entry, tx);
    }
  }

  private Buffer restore(
      Buffer block0, MicroIndex index, byte[] saved, Transaction tx, Throwable cause) {
    undone = false;
    Buffer restored = block0;
    try {
      fat.forget();
      boolean longer = object.blockCount() > 1;
      if (longer) {
        object.freeRange(1, object.blockCount() - 1, tx);
      }
      if (longer || block0.sizeBytes() != saved.length) {
        // In the same size, too: it makes the object one block long again.
        restored = object.resize(block0, saved.length, tx, this);
        block0.release(this);
      }
      NativeMemory.copyFromArray(saved, 0, restored.address(), saved.length);
      restored.replaceUser(restored.user(), index);
      UserMemory.count(restored, index.sizeBytes());
      undone = true;
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
    return restored;
  }
}
