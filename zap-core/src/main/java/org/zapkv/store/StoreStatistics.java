// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.zapkv.cache.CacheStats;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.zap.ZapActivity;

/**
 * Figures of a store at some moment.
 *
 * @param mapCount how many maps the store has
 * @param pool the file: its size, what is allocated and free, the last group on disk
 * @param cache the buffer cache: budget, use, hits and misses
 * @param log the intent log: commits, how many are durable, what a replay would read
 * @param activity how often the shapes of maps, and of the directory of their names, have changed
 *     since the store was opened
 */
public record StoreStatistics(
    int mapCount, PoolStatistics pool, CacheStats cache, LogStatistics log, ZapActivity activity) {}
