// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * Which block is about to be written.
 *
 * @param objectId the object it belongs to
 * @param index its number within its level
 * @param level its level
 * @param group the group that the new version belongs to
 * @param form how it is stored
 */
public record NewBlock(long objectId, long index, int level, long group, BlockForm form) {}
