// SPDX-License-Identifier: Apache-2.0
package org.zapkv.testkit;

import org.zapkv.store.DeviceStores;
import org.zapkv.store.ZapStore;

/** What a store has not given back when it is closed. */
final class Leaks {
  private Leaks() {}

  /**
   * Closes a store and looks at what is left.
   *
   * @throws AssertionError if blocks are held or memory is in use
   */
  static void close(ZapStore store) {
    store.close();
    check(store);
  }

  /** Looks at what is left of a store that is closed. */
  static void check(ZapStore closed) {
    String left = DeviceStores.left(closed);
    if (left != null) {
      throw new AssertionError(closed.name() + " was closed with " + left);
    }
  }
}
