// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.List;
import org.zapkv.harness.subject.Promise;

/** Something that one thread does to an open store; a line of text in a log of operations. */
public sealed interface Operation {
  /**
   * Changes one key of the thread's line.
   *
   * @param edit what becomes of the key
   * @param promise what has to be true of it on return
   */
  record Apply(Edit edit, Promise promise) implements Operation {}

  /**
   * Changes keys of the thread's line in one commit, maybe over several maps.
   *
   * @param edits what becomes of the keys
   * @param promise what has to be true of them on return
   * @param reads whether it is a transaction, which reads them before
   */
  record Commit(List<Edit> edits, Promise promise, boolean reads) implements Operation {
    /**
     * One that reads nothing.
     *
     * @param edits what becomes of the keys
     * @param promise what has to be true of them on return
     */
    public Commit(List<Edit> edits, Promise promise) {
      this(edits, promise, false);
    }

    /** The same of other keys. */
    Commit with(List<Edit> others) {
      return new Commit(List.copyOf(others), promise, reads);
    }
  }

  /** How a key is changed that was read before. */
  enum Way {
    /** If it is what was read. */
    SWAP,
    /** If it is something else than what was read: it is not, and nothing may be changed. */
    WRONG_SWAP,
    /** By adding what is missing to the new value, where both are longs. */
    INCREMENT
  }

  /**
   * Reads one key of the thread's line and changes it depending on what it is.
   *
   * @param way how
   * @param edit what becomes of the key
   * @param promise what has to be true of it on return
   */
  record Update(Way way, Edit edit, Promise promise) implements Operation {}

  /**
   * Removes all that is in a map of which the thread alone changes keys.
   *
   * @param map the name of the map
   * @param drops whether the map goes, too; it comes again when it is named next
   * @param promise what has to be true of it on return
   */
  record Wipe(String map, boolean drops, Promise promise) implements Operation {}

  /**
   * Reads a key, of any line.
   *
   * @param map the name of the map
   * @param key the key
   */
  record Get(String map, String key) implements Operation {}

  /**
   * Begins a walk, which others then find under a number; one that is there already is given up.
   * Threads have numbers of their own: a walk is of one thread.
   *
   * @param scan the number
   * @param map the name of the map
   */
  record ScanBegin(int scan, String map) implements Operation {}

  /**
   * Goes on with a walk by some entries, if it is there.
   *
   * @param scan the number of the walk
   * @param entries by how many
   */
  record ScanStep(int scan, int entries) implements Operation {}

  /**
   * Closes a walk and goes on with it from its cookie, as somebody who was away.
   *
   * @param scan the number of the walk
   */
  record ScanResume(int scan) implements Operation {}

  /** Makes all durable. */
  record Sync() implements Operation {}

  /** Makes the files smaller. */
  record Compact() implements Operation {}

  /** Reads all that is stored. */
  record Scrub() implements Operation {}

  /** Interrupts the thread, so that its next operation finds it interrupted. */
  record Interrupt() implements Operation {}

  /**
   * Puts the clock that the store looks at forward, or back, if it is one of the harness.
   *
   * @param millis by so much; below 0: back
   */
  record ClockJump(long millis) implements Operation {}
}
