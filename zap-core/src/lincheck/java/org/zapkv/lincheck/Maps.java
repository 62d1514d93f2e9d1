// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * The maps that are checked, for as long as the JVM lives: Lincheck makes an object for each of
 * thousands of invocations, and a store for each would be most of the time.
 */
final class Maps {
  private static final ZapStore STORE = ZapStore.builder().cacheBytes(8 << 20).inMemory();

  /** Longs, and nothing that makes it fat. */
  static final ZapMap MICRO = STORE.map("micro");

  /** Longs, beside an entry that no micro ZAP can hold. */
  static final ZapMap FAT = fat("fat");

  /** Bytes. */
  static final ZapMap TEXTS = fat("texts");

  private Maps() {}

  private static ZapMap fat(String name) {
    ZapMap map = STORE.map(name);
    map.put("makes it fat", "x");
    return map;
  }
}
