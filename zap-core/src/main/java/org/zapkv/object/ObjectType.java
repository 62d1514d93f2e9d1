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
   * above them only: without it they are of no use.
   */
  BlockForm form(int level) {
    return new BlockForm(code, level == 0 && this != META);
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
