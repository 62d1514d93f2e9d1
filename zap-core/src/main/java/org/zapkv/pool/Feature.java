// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * What a store may use beyond the first format. A feature is a bit of one of the label's three
 * feature words; a version that does not know a bit acts by the word it is in.
 *
 * <p>The bits named here are taken: no other meaning may be given to them. None is in use yet.
 */
enum Feature {
  /** Committed changes may lie in the intent log, later than the newest uberblock. */
  INTENT_LOG(Kind.INCOMPATIBLE, 0),

  /** Blocks may be compressed with LZ4. */
  LZ4(Kind.INCOMPATIBLE, 1),

  /** Block pointers may have a second copy. */
  SECOND_COPY(Kind.READ_ONLY_COMPATIBLE, 0),

  /** Space may be kept for snapshots, so that freeing a block is not enough to reuse it. */
  SNAPSHOTS(Kind.READ_ONLY_COMPATIBLE, 1);

  /** What a version does that does not know a feature. */
  enum Kind {
    /** It may read and write the store. */
    COMPATIBLE("compatible", 0),

    /** It may read the store, but not write it. */
    READ_ONLY_COMPATIBLE("read-only compatible", 0),

    /** It may not even read the store. */
    INCOMPATIBLE("incompatible", 0);

    private final String text;

    /** The bits that this version can deal with. */
    private final long supported;

    Kind(String text, long supported) {
      this.text = text;
      this.supported = supported;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final Kind kind;
  private final int bit;

  Feature(Kind kind, int bit) {
    this.kind = kind;
    this.bit = bit;
  }

  /** The bits of a feature word that this version cannot deal with. */
  static long unsupported(Kind kind, long word) {
    return word & ~kind.supported;
  }

  /** The name of a feature bit, for messages. */
  static String nameOf(Kind kind, int bit) {
    for (Feature feature : values()) {
      if (feature.kind == kind && feature.bit == bit) {
        return feature.name();
      }
    }
    return "bit " + bit;
  }
}
