// SPDX-License-Identifier: Apache-2.0
/**
 * The ZAP: a hash map from names to small values in the blocks of one object, in the format of ZFS.
 *
 * <p>{@link org.zapkv.zap.Zap} is the whole interface. Below it, a map is either micro (one block,
 * {@code MicroZap}) or fat ({@code FatZap}: a header, a pointer table, leaves). It is built on
 * {@link org.zapkv.object.BlockObject} and {@link org.zapkv.pool.Transaction} and knows nothing of
 * what lies under them.
 *
 * <h2>Locks</h2>
 *
 * From the top: the structure lock of a map, the locks of its leaves (of two siblings the one with
 * bit 0 first), the lock of the header's counters. Whoever holds one may take those after it, never
 * one before it.
 *
 * <ul>
 *   <li>The <em>structure lock</em> guards which block is what: the pointer table, the split,
 *       merge, allocation and release of leaves, the conversion, and everything in a micro map. A
 *       point operation on a fat map takes it, shared, only to look a pointer up.
 *   <li>A <em>leaf's lock</em> guards the bytes of the leaf's block. It lives in the leaf object
 *       that is attached to the block's buffer, so it lives as long as anybody holds the buffer.
 *   <li>The <em>header lock</em> guards the number of entries in block 0, which leaf operations
 *       change while they hold only their leaf.
 * </ul>
 *
 * The overflow of a map ({@code Overflow}) is a table with locks of its own, of the same kinds,
 * which come after a leaf lock of the main table. It is changed only with the structure lock of the
 * map held exclusively.
 *
 * <p>As the structure lock is let go before the leaf is locked, the leaf may have been split,
 * merged away, or even become a leaf of another prefix in between. So whoever has locked a leaf
 * looks at its block type and prefix before anything else, and looks the leaf up again when they do
 * not fit; the second time under the structure lock, where they must.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.zap;
