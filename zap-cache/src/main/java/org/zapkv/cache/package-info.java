// SPDX-License-Identifier: Apache-2.0
/**
 * The buffer cache: blocks of native memory with an identity, holds, dirty versions by group, and
 * on-heap users that live as long as the block they were made from.
 *
 * <p>Start at {@link org.zapkv.cache.BufferCache}. Hot paths: {@link
 * org.zapkv.cache.BufferCache#hold} of a cached block, {@link org.zapkv.cache.Buffer#address},
 * {@link org.zapkv.cache.Buffer#user}, {@link org.zapkv.cache.Buffer#release}.
 */
@NullMarked
package org.zapkv.cache;

import org.jspecify.annotations.NullMarked;
