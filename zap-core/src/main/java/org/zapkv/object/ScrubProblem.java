// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

/**
 * One thing that a scrub found wrong: a bad copy of a block, or a pointer or dnode that makes no
 * sense.
 *
 * @param objectId the object concerned
 * @param blockId the number of the block within its level, -1 when no block is concerned
 * @param level the level of the block: 0 for data, above that for blocks of pointers
 * @param offsetBytes where on the device the copy is, -1 when that is not known
 * @param isMended whether it is as it should be now, written again from the other copy
 * @param text what is wrong and where, for a person
 */
public record ScrubProblem(
    long objectId, long blockId, int level, long offsetBytes, boolean isMended, String text) {

  @Override
  public String toString() {
    String block = blockId < 0 ? "" : " block " + blockId;
    return (isMended ? "MENDED" : "DAMAGED") + ": object " + objectId + block + ": " + text;
  }
}
