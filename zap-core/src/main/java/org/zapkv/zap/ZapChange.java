// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;

/** One of the changes that {@link Zap#applyAll} makes: what is to be done, and who is told. */
public interface ZapChange {

  /**
   * The key that is changed.
   *
   * @return its bytes, not copied
   */
  byte[] key();

  /**
   * What the key has after the change.
   *
   * @return the value; null: the key is removed
   */
  @Nullable ZapValue next();

  /**
   * Is called at once when the change is made, also for the removal of a key that is not there. The
   * key's leaf is locked meanwhile: this only takes note, throws nothing, and uses no map.
   *
   * @param previous what the key had before; null when it was not there
   */
  void made(@Nullable ZapValue previous);
}
