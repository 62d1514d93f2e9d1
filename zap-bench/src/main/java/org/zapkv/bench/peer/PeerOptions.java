// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

/**
 * How a store is opened.
 *
 * @param durable whether each put and batch is to be on disk when it returns
 * @param cacheBytes the store's own cache, of those that have one
 * @param entries about how many entries there will be, for those that must know
 * @param valueBytes how long the values will be at most, for those that must know
 */
public record PeerOptions(boolean durable, long cacheBytes, long entries, int valueBytes) {}
