// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.DirtyWriter;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFullException;

/**
 * Writes dirty blocks of the open group when the cache needs their memory, so that a group, and
 * even one transaction, can change more than fits into memory.
 */
final class EarlyWriter implements DirtyWriter {

  /* The cache is there before the objects are; nothing is dirty before. */
  private volatile @Nullable ObjectContext context;

  private static final long NEVER = -1;

  /**
   * The newest durable group when the last attempt found no room, as the next one frees some; or
   * NEVER. Of two attempts at once either counts: harmless.
   */
  private volatile long fullAfterGroup = NEVER;

  void start(ObjectContext objects) {
    context = objects;
  }

  @Override
  public boolean hasFailed() {
    ObjectContext objects = context;
    return objects != null && objects.groups().hasFailed();
  }

  @Override
  public boolean hasNoRoom() {
    ObjectContext objects = context;
    return objects != null
        && (fullAfterGroup == objects.groups().syncedGroup()
            || objects.groups().isWaitingForRoom());
  }

  @Override
  public boolean writeOut(Buffer buffer, long group) {
    ObjectContext objects = context;
    if (objects == null || !objects.groups().tryEnter(group)) {
      return false;
    }
    try {
      ObjectNode node = objects.table().find(buffer.objectId());
      if (node == null) {
        return false;
      }
      node.writeOut(buffer, group);
      fullAfterGroup = NEVER;
      return true;
    } catch (StoreFullException e) {
      /* The group that is being synced may still free some; if not, the sync reports it. */
      fullAfterGroup = objects.groups().syncedGroup();
      objects.pool().refreshCapacity();
      return false;
    } catch (DeviceException e) {
      objects.groups().fail(e);
      return false;
    } finally {
      objects.groups().exit();
    }
  }
}
