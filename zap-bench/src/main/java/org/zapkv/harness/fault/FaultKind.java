// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.fault;

/** A kind of thing that can go wrong. The command line has them in lower case, with dashes. */
public enum FaultKind {
  /** Power lost at any I/O: what was not flushed is kept, dropped, torn or reordered. */
  POWER,
  /** A read, write or flush fails. */
  EIO,
  /** A write finds no room. */
  FULL,
  /** A bit of what is stored is wrong. */
  FLIP,
  /** I/O takes long. */
  SLOW,
  /** Threads are interrupted. */
  INTERRUPT,
  /** The clock jumps. */
  CLOCK,
  /** The process is killed; with {@code --kill}, in a child. */
  KILL
}
