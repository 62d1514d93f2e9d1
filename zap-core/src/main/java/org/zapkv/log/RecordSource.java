// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import org.zapkv.cache.memory.NativeMemory;

/** The bytes of a record that is appended, taken one after the other. One thread. */
final class RecordSource {
  /** Not changed as long as this is used. */
  private final byte[][] parts;

  private final int totalBytes;
  private int leftBytes;
  private int part;
  private int inPart;

  RecordSource(byte[]... parts) {
    this.parts = parts;
    long total = 0;
    for (byte[] bytes : parts) {
      total += bytes.length;
    }
    if (total > IntentLog.MAX_RECORD_BYTES) {
      throw new IllegalArgumentException(
          "a record of " + total + " bytes, the most is " + IntentLog.MAX_RECORD_BYTES);
    }
    this.totalBytes = (int) total;
    this.leftBytes = totalBytes;
  }

  int totalBytes() {
    return totalBytes;
  }

  int leftBytes() {
    return leftBytes;
  }

  void copyTo(long address, int lengthBytes) {
    int done = 0;
    while (done < lengthBytes) {
      byte[] from = parts[part];
      int length = Math.min(lengthBytes - done, from.length - inPart);
      NativeMemory.copyFromArray(from, inPart, address + done, length);
      done += length;
      inPart += length;
      if (inPart == from.length) {
        part++;
        inPart = 0;
      }
    }
    leftBytes -= lengthBytes;
  }
}
