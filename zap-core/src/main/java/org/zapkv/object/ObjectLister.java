// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;

/** Tells a visitor of the objects that a walk comes by, without walking over their blocks. */
final class ObjectLister implements StoreWalker.Visitor {
  private final ObjectVisitor visitor;

  ObjectLister(ObjectVisitor visitor) {
    this.visitor = visitor;
  }

  @Override
  public boolean object(long objectId, Dnode dnode) {
    visitor.visit(
        objectId, dnode.type(), dnode.birthGroup(), dnode.blockCount(), dnode.allocatedBytes());
    return false;
  }

  @Override
  public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
    return true;
  }

  @Override
  public void endOfObject(long objectId, Dnode dnode) {}

  @Override
  public void damaged(long objectId, long blockId, ZapException problem) {
    throw problem;
  }
}
