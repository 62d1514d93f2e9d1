// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

/**
 * How a store is opened.
 *
 * @param durable whether each put and batch is to be on disk when it returns
 * @param cacheBytes the store's own cache, of those that have one
 */
public record PeerOptions(boolean durable, long cacheBytes) {}
