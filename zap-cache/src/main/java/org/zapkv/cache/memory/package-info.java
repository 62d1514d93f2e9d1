// SPDX-License-Identifier: Apache-2.0
/**
 * Native memory: primitive access by address, and the allocator that hands out blocks of a fixed
 * budget.
 *
 * <p>Hot path: the accessors of {@link org.zapkv.cache.memory.NativeMemory}; they allocate nothing
 * and check nothing.
 */
@NullMarked
package org.zapkv.cache.memory;

import org.jspecify.annotations.NullMarked;
