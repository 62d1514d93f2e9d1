// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key.
 *
 * @param map the name of the map
 * @param key the key, 1 to 1023 bytes; not changed by anybody
 * @param value the new value, not changed by anybody; null: the key is removed
 */
// Bytes are what all stores have; nobody compares these records.
@SuppressWarnings("ArrayRecordComponent")
public record Change(String map, byte[] key, byte @Nullable [] value) {}
