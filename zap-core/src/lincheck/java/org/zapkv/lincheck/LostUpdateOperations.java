// SPDX-License-Identifier: Apache-2.0
package org.zapkv.lincheck;

import org.zapkv.store.ZapMap;

/** Longs whose increment is planted to be wrong: it reads first, and puts later. */
public final class LostUpdateOperations extends LongOperations {
  /** Made by Lincheck. */
  public LostUpdateOperations() {
    super(Maps.FAT);
  }

  @Override
  long increment(ZapMap in, byte[] key) {
    long sum = in.getLong(key, 0) + 1;
    in.putLong(key, sum);
    return sum;
  }
}
