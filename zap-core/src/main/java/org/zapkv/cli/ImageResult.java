// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.jspecify.annotations.Nullable;

/** How an operation on an object ends, in the words of a log. */
enum ImageResult {
  /** It is done. */
  OK,
  /** The name is there already. */
  EEXIST,
  /** There is no such name. */
  ENOENT,
  /** The value is larger than an object can hold. */
  E2BIG,
  /** The name is too long. */
  ENAMETOOLONG,
  /** The name is not text, but the object normalises its names. */
  ENOTSUP,
  /** Too many names have one hash. */
  ENOSPC;

  /** The result that a word means, or null if it means none. */
  static @Nullable ImageResult of(String word) {
    for (ImageResult result : values()) {
      if (result.name().equals(word)) {
        return result;
      }
    }
    return null;
  }
}
