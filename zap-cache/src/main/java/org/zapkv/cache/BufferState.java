// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * Where a buffer is in its life.
 *
 * <pre>
 *    hold, miss            holdForFill, miss      holdNoFill, not cached
 *        |                        |                      |
 *      READ                     FILL                   NOFILL
 *      |  | failed    given up  |  |                     |
 *      |  +---------+  +--------+  | fillDone            |
 *      |            |  |           |                     |
 *      +----------- |  | ----------+                     |
 *      |            |  |                                 | released
 *      v            v  v                                 v
 *    CACHED &lt;---&gt; EVICTING --------------------------&gt; UNCACHED
 *           write-out refused,
 *           user evicted early
 * </pre>
 *
 * A buffer begins in READ, FILL or NOFILL, or in CACHED when it is the result of a resize. UNCACHED
 * is the end: the same block, wanted again, is another buffer.
 */
public enum BufferState {
  /** Gone: the buffer has no memory, or loses it with its last hold. */
  UNCACHED(0),
  /** Being filled from the source; whoever wants it waits. */
  READ(1),
  /** Being overwritten as a whole by its one holder; whoever else wants it waits. */
  FILL(2),
  /** Its one holder writes the block past the cache: no memory; whoever else wants it waits. */
  NOFILL(3),
  /** Valid. */
  CACHED(4),
  /** Going, or being written out: no hold can be taken; whoever wants it waits. */
  EVICTING(5);

  private static final BufferState[] BY_CODE = {UNCACHED, READ, FILL, NOFILL, CACHED, EVICTING};

  /** The state's number in a {@link StateWord}. */
  final int code;

  BufferState(int code) {
    this.code = code;
  }

  static BufferState of(int code) {
    return BY_CODE[code];
  }
}
