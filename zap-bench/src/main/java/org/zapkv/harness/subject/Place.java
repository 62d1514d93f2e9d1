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
}
