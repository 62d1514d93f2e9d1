// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
import java.time.Clock;
import org.zapkv.cache.device.BlockDevice;

/** Where a store is. */
public sealed interface Place {
  /**
   * In a directory.
   *
   * @param path the directory; it may be missing
   */
  record Directory(Path path) implements Place {}

  /**
   * On two devices of the harness: for stores with {@link Capability#DEVICES}.
   *
   * @param blocks for the blocks
   * @param log for the intent log
   * @param exactSeed not 0: one thread uses the store, and nothing is done but what the calls do,
   *     with all chance from this number, as far as the store can be told that; 0: as usual
   * @param clock what time it is
   */
  record Devices(BlockDevice blocks, BlockDevice log, long exactSeed, Clock clock)
      implements Place {
    /**
     * On two devices, as usual.
     *
     * @param blocks for the blocks
     * @param log for the intent log
     */
    public Devices(BlockDevice blocks, BlockDevice log) {
      this(blocks, log, 0, Clock.systemUTC());
    }
  }

  /**
   * The path, for a store that can only be in a directory.
   *
   * @param store what the store is called
   * @return the path
   * @throws IllegalArgumentException if the place is none
   */
  default Path directory(String store) {
    if (this instanceof Directory directory) {
      return directory.path();
    }
    throw new IllegalArgumentException(store + " can only be in a directory, not on " + this);
  }
}
