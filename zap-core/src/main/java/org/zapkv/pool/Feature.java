// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.EnumSet;
import java.util.Set;
import java.util.StringJoiner;

/**
 * What a store may use beyond the first format. A feature is a bit of one of the label's three
 * feature words; a version that does not know a bit acts by the word it is in.
 *
 * <p>The bits named here are taken: no other meaning may be given to them.
 */
enum Feature {
  /** Committed changes may lie in the intent log, later than the newest uberblock. */
  INTENT_LOG(Kind.INCOMPATIBLE, 0, true),

  /** Blocks may be compressed with LZ4. */
  LZ4(Kind.INCOMPATIBLE, 1, true),

  /** Leaves may be packed: stored without what can be computed again. */
  LEAF_PACKING(Kind.INCOMPATIBLE, 2, true),

  /** Block pointers may have a second copy: who does not know would never free it. */
  SECOND_COPY(Kind.READ_ONLY_COMPATIBLE, 0, true),

  /** Space may be kept for snapshots, so that freeing a block is not enough to reuse it. */
  SNAPSHOTS(Kind.READ_ONLY_COMPATIBLE, 1, false);

  /** What a version does that does not know a feature. */
  enum Kind {
    /** It may read and write the store. */
    COMPATIBLE("compatible"),

    /** It may read the store, but not write it. */
    READ_ONLY_COMPATIBLE("read-only compatible"),

    /** It may not even read the store. */
    INCOMPATIBLE("incompatible");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final Kind kind;
  private final int bit;

  /** Whether this version can deal with it. */
  private final boolean supported;

  Feature(Kind kind, int bit, boolean supported) {
    this.kind = kind;
    this.bit = bit;
    this.supported = supported;
  }

  /** The features of a new store: what it may come to use, whatever the options of each opening. */
  static Set<Feature> ofNewStore(boolean hasLog) {
    Set<Feature> features = EnumSet.of(LZ4, LEAF_PACKING, SECOND_COPY);
    if (hasLog) {
      features.add(INTENT_LOG);
    }
    return features;
  }

  /** The word of one kind for a set of features. */
  static long word(Kind kind, Set<Feature> features) {
    long word = 0;
    for (Feature feature : features) {
      word |= feature.bitsIn(kind);
    }
    return word;
  }

  /** The bits of a feature word that this version cannot deal with. */
  static long unsupported(Kind kind, long word) {
    long unsupported = word;
    for (Feature feature : values()) {
      if (feature.supported) {
        unsupported &= ~feature.bitsIn(kind);
      }
    }
    return unsupported;
  }

  private long bitsIn(Kind word) {
    return kind == word ? 1L << bit : 0;
  }

  /** Whether the word of this feature's kind has it. */
  boolean isIn(long word) {
    return (word >>> bit & 1) != 0;
  }

  /** The names of the features of a word, for messages. */
  static String namesOf(Kind kind, long word) {
    StringJoiner names = new StringJoiner(", ");
    for (long left = word; left != 0; left &= left - 1) {
      names.add(nameOf(kind, Long.numberOfTrailingZeros(left)));
    }
    return names.toString();
  }

  private static String nameOf(Kind kind, int bit) {
    for (Feature feature : values()) {
      if (feature.kind == kind && feature.bit == bit) {
        return feature.name();
      }
    }
    return "bit " + bit;
  }
}
