// SPDX-License-Identifier: Apache-2.0
/**
 * What a user of the library sees: {@link org.zapkv.store.ZapStore a store}, its {@link
 * org.zapkv.store.ZapMap maps} of bytes, the same {@link org.zapkv.store.TypedMap of objects}, and
 * {@link org.zapkv.store.Batch batches} over several of them.
 *
 * <p>Every type here but {@link org.zapkv.store.Batch} and {@link org.zapkv.store.MapCursor} is
 * safe for use from many threads, virtual ones included; interrupting a thread never harms the
 * store. Byte arrays handed in are copied or read before the call returns, those handed out belong
 * to the caller. Every failure is a {@link org.zapkv.error.ZapException}.
 *
 * <p>Durability: by default a change is on disk when the call returns. {@link
 * org.zapkv.store.Durability} says what else can be had, for a store, a {@link
 * org.zapkv.store.ZapMap#withDurability view of a map} or {@link
 * org.zapkv.store.Batch#commit(Durability) one commit}. After a crash a store holds exactly what
 * the commits up to some moment left, those that were durable among them; of a batch all or
 * nothing.
 */
@NullMarked
package org.zapkv.store;

import org.jspecify.annotations.NullMarked;
