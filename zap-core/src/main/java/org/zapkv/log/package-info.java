// SPDX-License-Identifier: Apache-2.0
/**
 * The intent log: what is committed, and not yet in a durable transaction group.
 *
 * <p>It knows bytes and their order. What a record means is known to the layer that writes it; what
 * is durable without the log, to the pool.
 */
@NullMarked
package org.zapkv.log;

import org.jspecify.annotations.NullMarked;
