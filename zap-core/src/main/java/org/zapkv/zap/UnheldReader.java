// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;

/**
 * Point reads of a fat map that take no lock and no hold, write nothing shared and allocate nothing
 * but what they return; once in many reads of a leaf one makes its index. They cannot always say
 * what is there: then they say that, and the caller looks under the locks ({@link FatReader}).
 */
final class UnheldReader {
  /*
   * Implementation notes.
   *
   * A stamp of the leaf's buffer, a look, and the question whether the stamp is good still
   * (Buffer.readStamp). What was seen then was true at one moment: the block was a leaf, checked and
   * placed, that covered the hash; there is no other such leaf, as a split or a merge changes both
   * leaves in one change. So however the way to the leaf was found, it is the leaf of the hash.
   *
   * In between nothing seen is believed: links are range-checked, and chains have as many steps as
   * there are chunks. Damage looks the same as a change under way, and is left to the locked way,
   * which knows what to say of it.
   *
   * A leaf that is being changed is tried again some times: most changes take less time than the
   * lock of the other way.
   */

  /** A key that is not there. */
  static final int ABSENT = -1;

  /** It cannot be said: ask under the locks. */
  static final int UNKNOWN = -2;

  /** Stands for a value that is not known, by identity. */
  private static final ZapValue UNKNOWN_VALUE = new ZapValue(1, new byte[0]);

  private static final int TRIES = 4;

  private final LeafMirror mirror;

  UnheldReader(LeafMirror mirror) {
    this.mirror = mirror;
  }

  @SuppressWarnings("ReferenceEquality") // any value can be equal to it
  static boolean isUnknown(@Nullable ZapValue value) {
    return value == UNKNOWN_VALUE;
  }

  /** Whether a key is there: 1, {@link #ABSENT} or {@link #UNKNOWN}. */
  int find(byte[] key, long hash) {
    for (int i = 0; i < TRIES; i++) {
      LeafMirror.Part part = mirror.part(hash);
      LeafBlock leaf = part == null ? null : part.leaf(hash);
      if (part == null || leaf == null) {
        break;
      }
      long stamp = leaf.readStamp(hash);
      if (stamp == 0) {
        Thread.onSpinWait();
        continue;
      }
      int entry = leaf.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      int found = entry >= 0 ? 1 : entry;
      if (leaf.isValid(stamp)) {
        leaf.noteRead(hash, stamp);
        return found;
      }
    }
    return UNKNOWN;
  }

  /**
   * The value of a key.
   *
   * @return null when it is not there; something that {@link #isUnknown}
   */
  @Nullable ZapValue value(byte[] key, long hash) {
    for (int i = 0; i < TRIES; i++) {
      LeafMirror.Part part = mirror.part(hash);
      LeafBlock leaf = part == null ? null : part.leaf(hash);
      if (part == null || leaf == null) {
        break;
      }
      long stamp = leaf.readStamp(hash);
      if (stamp == 0) {
        Thread.onSpinWait();
        continue;
      }
      int entry = leaf.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      int integerBytes = entry >= 0 ? leaf.integerBytesUnheld(entry) : 0;
      byte[] bytes =
          integerBytes > 0 ? leaf.valueUnheld(entry, key.length + 1, integerBytes) : null;
      if (leaf.isValid(stamp)) {
        leaf.noteRead(hash, stamp);
        if (entry == ABSENT) {
          return null;
        }
        return bytes == null ? UNKNOWN_VALUE : new ZapValue(integerBytes, bytes);
      }
    }
    return UNKNOWN_VALUE;
  }

  /**
   * The value of a key, if it is bytes.
   *
   * @param unknown what is returned when nothing can be said, or the value is of larger integers
   * @return null when the key is not there
   */
  byte @Nullable [] bytes(byte[] key, long hash, byte[] unknown) {
    for (int i = 0; i < TRIES; i++) {
      LeafMirror.Part part = mirror.part(hash);
      LeafBlock leaf = part == null ? null : part.leaf(hash);
      if (part == null || leaf == null) {
        break;
      }
      long stamp = leaf.readStamp(hash);
      if (stamp == 0) {
        Thread.onSpinWait();
        continue;
      }
      int entry = leaf.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      byte[] bytes =
          entry >= 0 && leaf.integerBytesUnheld(entry) == 1
              ? leaf.valueUnheld(entry, key.length + 1, 1)
              : null;
      if (leaf.isValid(stamp)) {
        leaf.noteRead(hash, stamp);
        return bytes == null && entry != ABSENT ? unknown : bytes;
      }
    }
    return unknown;
  }

  /**
   * Copies the value of a key, if it is bytes.
   *
   * @param destination filled from the offset on, as far as there is room
   * @return how long the value is; {@link #ABSENT} or {@link #UNKNOWN}
   */
  int read(byte[] key, long hash, byte[] destination, int offset) {
    for (int i = 0; i < TRIES; i++) {
      LeafMirror.Part part = mirror.part(hash);
      LeafBlock leaf = part == null ? null : part.leaf(hash);
      if (part == null || leaf == null) {
        break;
      }
      long stamp = leaf.readStamp(hash);
      if (stamp == 0) {
        Thread.onSpinWait();
        continue;
      }
      int entry = leaf.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      int length = entry;
      if (entry >= 0) {
        length =
            leaf.integerBytesUnheld(entry) == 1
                ? leaf.readUnheld(entry, key.length + 1, destination, offset)
                : UNKNOWN;
      }
      if (leaf.isValid(stamp)) {
        leaf.noteRead(hash, stamp);
        return length;
      }
    }
    return UNKNOWN;
  }

  /**
   * The value of a key, if it is one integer of 64 bits.
   *
   * @param absent what is returned when the key is not there
   * @param unknown what is returned when nothing can be said, or the value is something else
   */
  long integer(byte[] key, long hash, long absent, long unknown) {
    for (int i = 0; i < TRIES; i++) {
      LeafMirror.Part part = mirror.part(hash);
      LeafBlock leaf = part == null ? null : part.leaf(hash);
      if (part == null || leaf == null) {
        break;
      }
      long stamp = leaf.readStamp(hash);
      if (stamp == 0) {
        Thread.onSpinWait();
        continue;
      }
      int entry = leaf.findUnheld(hash, key, part.layout(), part.way(hash), stamp);
      long value = unknown;
      if (entry == ABSENT) {
        value = absent;
      } else if (entry >= 0) {
        value = leaf.integerUnheld(entry, unknown);
      }
      if (leaf.isValid(stamp)) {
        leaf.noteRead(hash, stamp);
        return value;
      }
    }
    return unknown;
  }
}
