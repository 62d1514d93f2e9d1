// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * Figures of a store's intent log at some moment. In a store in memory, which has none, each commit
 * counts as durable.
 *
 * @param usedBytes what of the log a replay would read: commits that are in no group on disk
 * @param lastSequence the newest commit, 0 before the first
 * @param durableSequence the newest commit that is on disk, in the log or in a group
 * @param replayedRecords how many records were replayed when the store was opened
 * @param tornTail whether it could be seen then that a crash had cut off a write to the log
 */
public record LogStatistics(
    long usedBytes,
    long lastSequence,
    long durableSequence,
    long replayedRecords,
    boolean tornTail) {}
