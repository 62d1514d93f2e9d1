// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

/** What a store can do, as its documentation has it: the harness holds it to that and no more. */
public enum Capability {
  /** Several changes of one map in one commit: all or none is there after a crash. */
  BATCH,

  /** The same over several maps. */
  BATCH_OVER_MAPS,

  /** A change that returned with {@link Promise#DURABLE} survives a loss of power. */
  DURABLE,

  /** What is there after a crash is a beginning of the order of commits. */
  ORDERED,

  /** After a crash it opens, and reads without errors. */
  SURVIVES_KILL,

  /** A creation that was cut off leaves nothing or an empty store: the next opening succeeds. */
  SAFE_CREATION,

  /** A key can be changed if it is what somebody expects, in one step. */
  COMPARE_AND_SET,

  /** A long can be added to, in one step. */
  INCREMENT,

  /** All entries of a map can be removed in one commit. */
  CLEAR_MAP,

  /** A map can be removed with all that is in it, in one commit. */
  DROP_MAP,

  /** Keys of any maps can be read and changed in one commit, between which nothing comes. */
  TRANSACT,

  /** A large value can be read part by part, while others replace it. */
  STREAM,

  /** A cursor can be left, and gone on with later, by a number. */
  RESUMABLE_SCAN,

  /** Files become smaller on demand. */
  COMPACT,

  /** All that is stored can be read through and compared with its checksums. */
  SCRUB,

  /** It can say by itself whether what it holds is sound. */
  CHECK,

  /** It can be put on devices of the harness: crashes of power, errors of I/O, damage. */
  DEVICES
}
