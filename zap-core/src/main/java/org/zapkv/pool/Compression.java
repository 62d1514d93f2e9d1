// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/** How blocks are compressed when they are written. What is stored says itself how it was. */
public enum Compression {
  /** Not at all. */
  NONE(0),

  /** With LZ4, each block for itself; one that does not get smaller by it is stored as it is. */
  LZ4(1);

  private final int code;

  Compression(int code) {
    this.code = code;
  }

  /** What block pointers have for it. */
  int code() {
    return code;
  }
}
