// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

/** Whether a {@link FileDevice} goes through the page cache of the system. */
public enum IoMode {
  /** Through the page cache. */
  BUFFERED,
  /**
   * Past the page cache, where the file system can: it pays with a cache that is large against the
   * data, and with transfers of 128 KiB and more. Where it is refused the device is buffered.
   */
  DIRECT
}
