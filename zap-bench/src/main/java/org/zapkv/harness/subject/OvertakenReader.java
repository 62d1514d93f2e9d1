// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ValueChangedException;
import org.zapkv.error.ZapException;
import org.zapkv.store.ValueInputStream;
import org.zapkv.store.ZapMap;

/**
 * Somebody who has begun to read a large value when it is replaced or removed: the blocks that are
 * being read ahead for it then are of nothing any more. For one thread.
 */
final class OvertakenReader implements AutoCloseable {
  /** Of the keys every so many have one. */
  private static final int EVERY = 4;

  /** A value that is shorter is in one block, and so read as a whole at the beginning. */
  private static final int BLOCK_BYTES = 128 << 10;

  private final @Nullable ValueInputStream stream;

  private OvertakenReader(@Nullable ValueInputStream stream) {
    this.stream = stream;
  }

  /** A reader of a key; one that reads nothing if that has no large value, or cannot be read. */
  static OvertakenReader of(ZapMap map, byte[] key) {
    return new OvertakenReader(Arrays.hashCode(key) % EVERY == 0 ? begun(map, key) : null);
  }

  private static @Nullable ValueInputStream begun(ZapMap map, byte[] key) {
    ValueInputStream opened = null;
    boolean isBegun = false;
    try {
      opened = map.openValue(key);
      isBegun = opened != null && opened.lengthBytes() > BLOCK_BYTES && opened.read() >= 0;
    } catch (ZapException e) {
      // The value is a long, or the disk is out of order: who changes the key finds out.
    } finally {
      if (opened != null && !isBegun) {
        opened.close();
      }
    }
    return isBegun ? opened : null;
  }

  /**
   * Reads on, after the change.
   *
   * @throws IllegalStateException if there is more than what was in memory
   */
  void finds() {
    ValueInputStream begun = stream;
    if (begun == null) {
      return;
    }
    byte[] block = new byte[BLOCK_BYTES];
    try {
      for (int left = BLOCK_BYTES; left > 0; ) {
        left -= begun.read(block, 0, left);
      }
    } catch (ValueChangedException | DeviceException e) {
      return;
    }
    throw new IllegalStateException("a value was replaced, but who was reading it was not told");
  }

  @Override
  public void close() {
    if (stream != null) {
      stream.close();
    }
  }
}
