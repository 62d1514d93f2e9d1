// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds the one buffer of an identity, and the buffers of an object. Any thread. */
final class BufferIndex {
  /*
   * Implementation notes
   *
   * byKey is the truth: at most one buffer per identity. byObject is for walks over an object: a
   * buffer is linked before it is put and unlinked after it was removed, so a walk misses none that
   * could be read from its source before the walk began, and may show one that has gone or never
   * made it; its state word tells. The links are in the buffers (previousOfObject, nextOfObject),
   * guarded by the map's lock on the object's entry: compute() runs under it, and nothing in there
   * calls out.
   *
   * detached: buffers that lost their identity and still have holders or dirty records.
   */
  /** Up to so many blocks are looked up one by one, rather than by a walk over the object. */
  private static final long MAX_LOOKUPS = 1024;

  private final BufferTable byKey = new BufferTable();
  private final ConcurrentHashMap<Long, ObjectBuffers> byObject = new ConcurrentHashMap<>();
  private final Set<Buffer> detached = ConcurrentHashMap.newKeySet();

  @Nullable Buffer get(BufferKey key) {
    return get(key.objectId(), key.blockId());
  }

  @Nullable Buffer get(long objectId, long blockId) {
    return byKey.get(objectId, blockId);
  }

  /** Puts a buffer unless its identity has one; false: it has. */
  boolean putIfAbsent(Buffer buffer) {
    link(buffer);
    if (!byKey.putIfAbsent(buffer)) {
      unlink(buffer);
      return false;
    }
    return true;
  }

  void remove(Buffer buffer) {
    if (byKey.remove(buffer)) {
      unlink(buffer);
    } else {
      detached.remove(buffer);
    }
  }

  /** Takes the identity from a buffer; with a successor, gives it to that one. */
  void detach(Buffer old, @Nullable Buffer successor) {
    detached.add(old);
    if (successor == null) {
      byKey.remove(old);
    } else {
      link(successor);
      byKey.replace(old, successor);
    }
    unlink(old);
  }

  /** The buffers of a range of blocks, as far as they are there now. */
  List<Buffer> inRange(long objectId, long firstBlock, long blockCount) {
    List<Buffer> found = new ArrayList<>();
    if (blockCount <= MAX_LOOKUPS) {
      for (long i = 0; i < blockCount; i++) {
        Buffer buffer = byKey.get(objectId, firstBlock + i);
        if (buffer != null) {
          found.add(buffer);
        }
      }
      return found;
    }
    byObject.computeIfPresent(
        objectId,
        (id, buffers) -> {
          for (Buffer buffer = buffers.first; buffer != null; buffer = buffer.nextOfObject) {
            // By difference: the end of a range over all blocks would overflow.
            long distance = buffer.blockId() - firstBlock;
            if (distance >= 0 && distance < blockCount) {
              found.add(buffer);
            }
          }
          return buffers;
        });
    return found;
  }

  /** The buffers of an object that lost their identity. */
  List<Buffer> detachedOf(long objectId) {
    return detached.stream().filter(buffer -> buffer.objectId() == objectId).toList();
  }

  void forEach(Consumer<Buffer> action) {
    byKey.forEach(action);
    detached.forEach(action);
  }

  private void link(Buffer buffer) {
    byObject.compute(
        buffer.objectId(),
        (id, present) -> {
          ObjectBuffers buffers = present == null ? new ObjectBuffers() : present;
          buffers.add(buffer);
          return buffers;
        });
  }

  private void unlink(Buffer buffer) {
    byObject.computeIfPresent(
        buffer.objectId(),
        (id, buffers) -> {
          buffers.remove(buffer);
          return buffers.count == 0 ? null : buffers;
        });
  }

  /** The buffers of one object, linked through themselves. Guarded by the map's entry lock. */
  private static final class ObjectBuffers {
    @Nullable Buffer first;
    long count;

    void add(Buffer buffer) {
      buffer.nextOfObject = first;
      if (first != null) {
        first.previousOfObject = buffer;
      }
      first = buffer;
      count++;
    }

    void remove(Buffer buffer) {
      Buffer previous = buffer.previousOfObject;
      Buffer next = buffer.nextOfObject;
      if (previous != null) {
        previous.nextOfObject = next;
      } else {
        first = next;
      }
      if (next != null) {
        next.previousOfObject = previous;
      }
      buffer.previousOfObject = null;
      buffer.nextOfObject = null;
      count--;
    }
  }
}
