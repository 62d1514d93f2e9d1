// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

/** Whether a {@link FileDevice} goes through the page cache of the system. */
public enum IoMode {
  /** Through the page cache. */
  BUFFERED,
  /**
   * Past the page cache, where the file system can: nothing is in memory twice, and other programs
   * keep their place there; but every read goes to the disk. It may pay with a cache that holds
   * what is wanted, and with large transfers. Where it is refused the device is buffered.
   */
  DIRECT
}
