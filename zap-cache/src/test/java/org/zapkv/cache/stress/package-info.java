// SPDX-License-Identifier: Apache-2.0
/**
 * Two operations on one buffer at the same time, in every pairing, under jcstress. {@link
 * org.zapkv.cache.stress.StressTest} runs them.
 */
@NullMarked
package org.zapkv.cache.stress;

import org.jspecify.annotations.NullMarked;
