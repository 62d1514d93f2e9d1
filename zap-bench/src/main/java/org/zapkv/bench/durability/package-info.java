// SPDX-License-Identifier: Apache-2.0
/**
 * What durability costs, side by side with other stores: {@link
 * org.zapkv.bench.durability.DurabilityReport}. Each measurement is a {@link
 * org.zapkv.bench.durability.Task} that runs in a JVM of its own.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.bench.durability;
