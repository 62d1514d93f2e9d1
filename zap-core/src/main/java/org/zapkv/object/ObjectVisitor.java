// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

/** Is told of every object of an object set. */
@FunctionalInterface
public interface ObjectVisitor {

  /**
   * An object of the state that was synced last.
   *
   * @param objectId the object's number
   * @param type what it is used for
   * @param birthGroup the transaction group that it was created in: an object's number may be used
   *     again, number and group together are not
   * @param blockCount its length in blocks, holes included
   * @param allocatedBytes the space its blocks and the indirect blocks above them take on the
   *     device
   */
  void visit(long objectId, ObjectType type, long birthGroup, long blockCount, long allocatedBytes);
}
