// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;

/** What {@link Zap} asks of its entries, micro or fat. */
interface Entries {
  /** The entry that a lookup is for, or null. */
  @Nullable ZapMatch lookup(ZapName name);

  /** How long the value of a name is, or null. */
  @Nullable ZapLength length(ZapName name);

  /**
   * Removes the entry that a lookup is for.
   *
   * @param expected the value that it must have; null for any
   * @return what was removed, or null: nothing is changed
   */
  @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx);

  /** Brings what an access to a name needs into memory. */
  void prefetch(ZapName name);

  /** Brings everything into memory. */
  void prefetchAll();
}
