// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Promise;

/** What a thread tells the oracle and asks it while the store is open. Used by that thread only. */
public final class Session {
  private final Oracle oracle;
  private final Line line;

  Session(Oracle oracle, Line line) {
    this.oracle = oracle;
    this.line = line;
  }

  /**
   * The thread is about to commit changes, where no devices are recorded.
   *
   * @param edits the changes: keys of the thread's line, none of them twice in a map
   * @param promise what the store is asked for
   * @return the commit, to say afterwards how it went
   * @throws IllegalArgumentException if a key is of another line or twice there, or if a value's
   *     tag is not new
   */
  public Pending begin(List<Edit> edits, Promise promise) {
    return begin(edits, promise, 0);
  }

  /**
   * The thread is about to commit changes.
   *
   * @param edits the changes: keys of the thread's line, none of them twice in a map
   * @param promise what the store is asked for
   * @param position how far the recording of the devices is; 0: there is none
   * @return the commit, to say afterwards how it went
   * @throws IllegalArgumentException if a key is of another line or twice there, or if a value's
   *     tag is not new
   */
  public Pending begin(List<Edit> edits, Promise promise, long position) {
    return line.begin(edits, promise, position);
  }

  /**
   * The thread is about to remove all that is in a map of which it alone changes keys.
   *
   * @param map the map
   * @param promise what the store is asked for
   * @param position how far the recording of the devices is; 0: there is none
   * @return the commit, to say afterwards how it went
   */
  public Pending beginWipe(String map, Promise promise, long position) {
    return line.beginWipe(map, promise, position);
  }

  /**
   * The thread is about to read a key of any line.
   *
   * @param map the map
   * @param key the key
   * @return to be told what it read; knows that others may change the key meanwhile
   */
  public Reading reading(String map, String key) {
    Line keyLine = oracle.lineOf(key);
    return new Reading(keyLine, map, key, keyLine == null ? 0 : keyLine.ended());
  }

  /**
   * Judges what the thread has just read of a key. Of its own line it has to be what is there; of
   * another line, where nobody said when the read began, anything that was there since the store
   * was opened. {@link #reading} is stricter.
   *
   * @param map the map
   * @param key the key
   * @param bytes its value; null: none
   * @throws Violation if it cannot be
   */
  public void checkRead(String map, String key, byte @Nullable [] bytes) {
    Line keyLine = oracle.lineOf(key);
    new Reading(keyLine, map, key, line.equals(keyLine) ? line.ended() : 0).got(bytes);
  }

  /**
   * The thread is about to begin a walk over a map.
   *
   * @param map the map
   * @return to be told what the walk sees, also when it is resumed
   */
  public ScanCheck scan(String map) {
    return new ScanCheck(oracle, map);
  }

  /**
   * All that this thread has committed is durable. Where other threads are at work, {@link
   * #syncing} says more.
   *
   * @param position how far the recording of the devices is; 0: there is none
   */
  public void durable(long position) {
    line.durable(position, line.ended());
  }

  /**
   * The thread is about to make everything durable that was committed so far, by anybody.
   *
   * @return to be told when that is done
   */
  public Syncing syncing() {
    return new Syncing(oracle.lines());
  }

  /** A read that has begun. */
  public static final class Reading {
    private final @Nullable Line line;
    private final String map;
    private final String key;
    private final int commitsBefore;

    private Reading(@Nullable Line line, String map, String key, int commitsBefore) {
      this.line = line;
      this.map = map;
      this.key = key;
      this.commitsBefore = commitsBefore;
    }

    /**
     * Judges what was read.
     *
     * @param bytes the value; null: none
     * @throws Violation if the key never had it, or had lost it before the read began
     */
    public void got(byte @Nullable [] bytes) {
      if (line != null) {
        line.checkSeen(map, key, bytes, commitsBefore, Kind.WRONG_READ);
      } else if (bytes != null) {
        throw Oracle.ofNoLine(map, key);
      }
    }
  }
}
