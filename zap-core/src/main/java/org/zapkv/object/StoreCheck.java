// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;
import org.zapkv.pool.SpaceAudit;

/** One check of a whole store: see {@link ObjectSet#check}. */
final class StoreCheck implements StoreWalker.Visitor, AutoCloseable {
  private static final long PROGRESS_BYTES = 1 << 20;

  private final BufferCache cache;
  private final Pool pool;
  private final CheckProgress progress;
  private final SpaceAudit audit;

  /** Data blocks are read into it, to be verified. */
  private final IoMemory memory;

  private final List<CheckProblem> problems = new ArrayList<>();
  private long problemCount;
  private long objectCount;
  private long blockCount;
  private long verifiedBytes;
  private long reportedBytes;
  private long usedBytes;
  private long doublyUsedBytes;
  private long unallocatedBytes;

  /** What the blocks take of the object that is walked over, and of the meta object. */
  private long objectBytes;

  private long metaBytes;

  /** Whether all of the present object, and of the store, could be walked over. */
  private boolean objectWhole = true;

  private boolean storeWhole = true;

  StoreCheck(BufferCache cache, Pool pool, CheckProgress progress) {
    this.cache = cache;
    this.pool = pool;
    this.progress = progress;
    this.audit = pool.audit(cache);
    this.memory = cache.allocateIo(Pool.MAX_BLOCK_BYTES);
  }

  CheckReport run() {
    usedBytes =
        audit.load(
            text -> {
              storeWhole = false;
              add(CheckProblem.Kind.DAMAGED, -1, -1, text);
            });
    try (StoreWalker walker = new StoreWalker(cache, pool, this)) {
      walker.walk();
    } catch (ZapException e) {
      damaged(MetaObject.OBJECT_ID, -1, e);
    }
    /* Below damage there are blocks that were not reached: they are not leaked. */
    long leakedBytes =
        storeWhole ? audit.leakedBytes(text -> add(CheckProblem.Kind.LEAKED, -1, -1, text)) : 0;
    progress.advanced(verifiedBytes, usedBytes);
    return new CheckReport(
        pool.committedGroup(),
        objectCount,
        blockCount,
        verifiedBytes,
        leakedBytes,
        doublyUsedBytes,
        unallocatedBytes,
        problemCount,
        List.copyOf(problems));
  }

  @Override
  public boolean object(long objectId, Dnode dnode) {
    objectCount++;
    objectBytes = 0;
    objectWhole = true;
    return true;
  }

  @Override
  public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
    if (objectId == MetaObject.OBJECT_ID) {
      metaBytes += pool.spaceBytes(pointer);
    } else {
      objectBytes += pool.spaceBytes(pointer);
    }
    blockCount++;
    String problem = pointer.problem(level);
    if (problem == null && pointer.birthGroup() > pool.committedGroup()) {
      problem = "birth group " + pointer.birthGroup() + " lies in the future";
    }
    if (problem != null) {
      addDamaged(objectId, index, problem + " (level " + level + ")");
      return false;
    }
    claim(objectId, pointer, level, index);
    return verify(objectId, pointer, level, index);
  }

  private void claim(long objectId, BlockPointer pointer, int level, long index) {
    SpaceAudit.Claim claim = audit.claim(pointer);
    doublyUsedBytes += claim.doublyUsedBytes();
    unallocatedBytes += claim.unallocatedBytes();
    String place =
        "object %d block %d (level %d): %d bytes at %d "
            .formatted(objectId, index, level, pointer.physicalBytes(), pointer.offsetBytes());
    if (claim.doublyUsedBytes() > 0) {
      add(CheckProblem.Kind.DOUBLY_USED, objectId, index, place + "are used by another block too");
    }
    if (claim.unallocatedBytes() > 0) {
      add(CheckProblem.Kind.UNALLOCATED, objectId, index, place + "are marked as free");
    }
  }

  private boolean verify(long objectId, BlockPointer pointer, int level, long index) {
    List<String> copies = pool.verify(pointer, memory.address(), objectId, index, level);
    for (String problem : copies) {
      add(CheckProblem.Kind.DAMAGED, objectId, index, place(objectId, index) + problem);
    }
    int goodCopies = pointer.copyCount() - copies.size();
    if (goodCopies == 0) {
      objectWhole = false;
      storeWhole = false;
      return false;
    }
    verifiedBytes += (long) goodCopies * pointer.physicalBytes();
    if (verifiedBytes - reportedBytes >= PROGRESS_BYTES) {
      reportedBytes = verifiedBytes;
      progress.advanced(verifiedBytes, usedBytes);
    }
    return true;
  }

  private static String place(long objectId, long index) {
    return "object " + objectId + " block " + index + ": ";
  }

  @Override
  public void endOfObject(long objectId, Dnode dnode) {
    boolean isMeta = objectId == MetaObject.OBJECT_ID;
    long counted = isMeta ? metaBytes : objectBytes;
    boolean whole = isMeta ? storeWhole : objectWhole;
    if (whole && counted != dnode.allocatedBytes()) {
      add(
          CheckProblem.Kind.MISCOUNTED,
          objectId,
          -1,
          "object %d: its blocks take %d bytes, its dnode says %d"
              .formatted(objectId, counted, dnode.allocatedBytes()));
    }
  }

  @Override
  public void damaged(long objectId, long blockId, ZapException problem) {
    addDamaged(objectId, blockId, String.valueOf(problem.getMessage()));
  }

  private void addDamaged(long objectId, long blockId, String text) {
    objectWhole = false;
    storeWhole = false;
    add(CheckProblem.Kind.DAMAGED, objectId, blockId, text);
  }

  private void add(CheckProblem.Kind kind, long objectId, long blockId, String text) {
    problemCount++;
    if (problems.size() < CheckReport.MAX_PROBLEMS) {
      problems.add(new CheckProblem(kind, objectId, blockId, text));
    }
  }

  @Override
  public void close() {
    memory.close();
    audit.close();
  }
}
