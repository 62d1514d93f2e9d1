// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * One leaf of a map at some moment: which hashes it has, and how full it is. A micro map is one
 * such, with its slots for chunks.
 *
 * @param firstHash the first hash it covers, unsigned
 * @param prefixLength how many first bits all its hashes have in common: it covers 2^-prefixLength
 *     of all hashes
 * @param pointerCount how many pointers of the pointer table lead to it; 0 in a micro map, which
 *     has no table
 * @param entryCount how many entries it has
 * @param usedChunks how many of its chunks are in use
 * @param chunkCount how many chunks it has
 */
public record ZapLeaf(
    long firstHash,
    int prefixLength,
    long pointerCount,
    int entryCount,
    int usedChunks,
    int chunkCount) {}
