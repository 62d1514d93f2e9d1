// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.List;

/**
 * The shape of a map. What changes while it is gathered may be counted or not.
 *
 * <p>The histograms are unmodifiable and count the overflow too. Each has {@value #BUCKETS}
 * buckets; the last one counts everything above it too. Those of a micro map are all zero.
 *
 * @param micro whether the map is one block
 * @param blockSizeBytes the size of its blocks in bytes
 * @param blockCount the number of blocks given out: 1, or the next free block of a fat map
 * @param entryCount the number of entries
 * @param salt what hashing starts from
 * @param leafCount the number of leaves, those of the overflow not counted; 0 in a micro map
 * @param tableLength the number of pointers in the pointer table; 0 in a micro map
 * @param tableFirstBlock the first block of the pointer table; 0 when it is inside block 0
 * @param tableBlockCount the number of blocks of the pointer table; 0 when it is inside block 0
 * @param growingFirstBlock the first block of the larger pointer table that is being built; 0 when
 *     none is
 * @param growingBlocksCopied how many blocks of the pointer table were copied to the larger one
 * @param overflowEntryCount how many of the entries are in the overflow, a second table for entries
 *     whose hashes are too much alike
 * @param overflowLeafCount the number of leaves of the overflow; 0 when there is none
 * @param leavesByPointers how many leaves have 2^index pointers to them
 * @param leavesByEntries how many leaves have index * 5 to index * 5 + 4 entries
 * @param leavesByTenths how many leaves have index tenths of their chunks in use
 * @param entriesByChunks how many entries use index chunks
 * @param bucketsByEntries how many hash buckets of the leaves have index entries
 */
public record ZapStatistics(
    boolean micro,
    int blockSizeBytes,
    long blockCount,
    long entryCount,
    long salt,
    long leafCount,
    long tableLength,
    long tableFirstBlock,
    long tableBlockCount,
    long growingFirstBlock,
    long growingBlocksCopied,
    long overflowEntryCount,
    long overflowLeafCount,
    List<Long> leavesByPointers,
    List<Long> leavesByEntries,
    List<Long> leavesByTenths,
    List<Long> entriesByChunks,
    List<Long> bucketsByEntries) {

  /** How many buckets each histogram has. */
  public static final int BUCKETS = 10;
}
