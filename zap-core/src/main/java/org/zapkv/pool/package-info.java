// SPDX-License-Identifier: Apache-2.0
/**
 * The storage pool: transaction groups, block pointers, checksums, space allocation and the ring of
 * uberblocks. It writes and reads blocks of one device copy on write and makes a group of them
 * durable at once; what the blocks mean is the business of the layer above.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.pool;
