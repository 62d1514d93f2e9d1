// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

/** What is timed. */
enum Operation {
  /** The choice of a key alone, which the others have in them. */
  CHOICE("choice of the key"),

  /** A get that returns an array. */
  GET_HIT("get hit"),

  /** A get into an array that is there. */
  GET_INTO("get into a buffer"),

  /** A get of a key that is not there. */
  GET_MISS("get miss"),

  /** A put of another value of the same length. */
  UPDATE("update"),

  /** A put of a new key; measured together with {@link #REMOVE}, which makes room again. */
  INSERT("insert"),

  /** The removal of what was inserted. */
  REMOVE("remove"),

  /** A scan of all entries; the time is that of one entry. */
  SCAN("scan, per entry");

  private final String title;

  Operation(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
