// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.cache.BufferCache;
import org.zapkv.pool.Pool;
import org.zapkv.pool.TransactionGroups;

/**
 * What all objects of an object set share.
 *
 * @param cache where blocks are in memory
 * @param pool where blocks are on the device
 * @param groups the transaction groups
 * @param table the objects in memory
 */
record ObjectContext(BufferCache cache, Pool pool, TransactionGroups groups, ObjectTable table) {}
