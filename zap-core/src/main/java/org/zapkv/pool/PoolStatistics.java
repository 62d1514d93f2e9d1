// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.UUID;

/**
 * Figures of an open store, taken at one moment without stopping anybody; they need not fit
 * together to the byte while changes go on.
 *
 * @param storeId what tells this store from every other
 * @param deviceBytes the size of the file or memory that the store is in
 * @param allocatedBytes the space taken by blocks, including what is written for the open group
 * @param freeBytes the space within the device that a block can take now
 * @param pendingFreeBytes the space freed in a group that is not yet durable
 * @param reclaimableBytes about how much smaller a compaction would make the device
 * @param growableBytes how much the device can still grow by
 * @param openGroup the transaction group that takes changes
 * @param syncedGroup the newest durable transaction group
 * @param dirtyBytes the bytes of changed blocks that are not on the device yet
 * @param writtenBytes what was written to the device since the store was opened
 * @param movedBytes how much of that was blocks moved to where they let the device be smaller
 * @param mendedCopies how many copies of blocks were found bad since then, and written again from
 *     the other one
 */
public record PoolStatistics(
    UUID storeId,
    long deviceBytes,
    long allocatedBytes,
    long freeBytes,
    long pendingFreeBytes,
    long reclaimableBytes,
    long growableBytes,
    long openGroup,
    long syncedGroup,
    long dirtyBytes,
    long writtenBytes,
    long movedBytes,
    long mendedCopies) {}
