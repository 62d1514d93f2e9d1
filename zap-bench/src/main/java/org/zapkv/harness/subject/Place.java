// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.file.Path;
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
   */
  record Devices(BlockDevice blocks, BlockDevice log) implements Place {}

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
