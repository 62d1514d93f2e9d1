// SPDX-License-Identifier: Apache-2.0
/**
 * What a user of the library sees: {@link org.zapkv.store.ZapStore a store}, its {@link
 * org.zapkv.store.ZapMap maps}, and {@link org.zapkv.store.Batch batches} over several of them.
 *
 * <p>Every type here but {@link org.zapkv.store.Batch} and {@link org.zapkv.store.MapCursor} is
 * safe for use from many threads, virtual ones included; interrupting a thread never harms the
 * store. Byte arrays handed in are copied or read before the call returns, those handed out belong
 * to the caller. Every failure is a {@link org.zapkv.error.ZapException}.
 *
 * <p>Durability: what was changed is in memory first and reaches the disk as a whole group of
 * changes, every few seconds, with {@link org.zapkv.store.ZapStore#sync()}, with {@link
 * org.zapkv.store.Batch#commit()} and with {@link org.zapkv.store.ZapStore#close()}. After a crash
 * a store holds exactly a group's end: all changes up to some moment, none after it.
 */
@NullMarked
package org.zapkv.store;

import org.jspecify.annotations.NullMarked;
