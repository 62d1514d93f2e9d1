// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.jspecify.annotations.Nullable;
import org.zapkv.pool.BlockForm;

/** What an object is used for; stored in its dnode. */
public enum ObjectType {
  /** The object that holds the dnodes of all others: object 0. */
  META(1),

  /** A ZAP of names: the root directory, which is object 1. */
  DIRECTORY(2),

  /** A ZAP of a user's entries. */
  MAP(3),

  /** The bytes of one large value. */
  VALUE(4);

  /** How many copies there are of what lies above the blocks of maps and values. */
  static final int COPIES_ABOVE = 2;

  private final int code;

  ObjectType(int code) {
    this.code = code;
  }

  /**
   * The type as it is stored.
   *
   * @return 1 to 255
   */
  public int code() {
    return code;
  }

  /**
   * How a block of such an object is stored. Dnodes and pointers say what they are by the tree
   * above them only: without it they are of no use. What is above the maps, and above their blocks,
   * has two copies, as one bad sector there would lose a lot.
   */
  BlockForm form(int level) {
    boolean describesItself = level == 0 && this != META;
    boolean isAbove = level > 0 || this == META || this == DIRECTORY;
    return new BlockForm(code, describesItself, isAbove ? COPIES_ABOVE : 1);
  }

  /**
   * The type that is stored as a code.
   *
   * @param code what was found in a dnode
   * @return the type, null when no type has this code
   */
  public static @Nullable ObjectType ofCode(int code) {
    for (ObjectType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }
}
