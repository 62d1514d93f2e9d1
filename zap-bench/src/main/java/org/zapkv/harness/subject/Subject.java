// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An open store under test. Any thread, but for {@link #close}. Maps come into being when they are
 * first named. A store that fails throws whatever it throws: the harness decides what that means.
 */
public interface Subject extends AutoCloseable {
  /**
   * How a line of {@link #check} ends that is about space which is used by nothing: nothing is
   * wrong there, but the store is larger than it ought to be.
   */
  String LEAKED = " bytes belong to nothing";

  /**
   * Makes one change.
   *
   * @param change what becomes of a key
   * @param promise what has to be true of it on return
   */
  void apply(Change change, Promise promise);

  /**
   * Makes changes in one commit; of a key only one. For stores with {@link Capability#BATCH}.
   *
   * @param changes what becomes of the keys
   * @param promise what has to be true of them on return
   * @return the place of the commit in the order of all commits; 0 if the store does not say
   */
  long commit(List<Change> changes, Promise promise);

  /**
   * Makes one change if the key is what is expected; with {@link Capability#COMPARE_AND_SET}.
   *
   * @param change what becomes of a key
   * @param expected the value that it has to have; null: none
   * @param promise what has to be true of the change on return
   * @return whether it was made; false: the key is something else, and nothing was changed
   */
  default boolean swap(Change change, byte @Nullable [] expected, Promise promise) {
    throw new UnsupportedOperationException("This store does not compare and set.");
  }

  /**
   * Adds to a value of eight bytes, a long whose highest byte is the first; with {@link
   * Capability#INCREMENT}.
   *
   * @param map the name of a map
   * @param key a key that has such a value, or none, which counts as 0
   * @param delta what is added; the sum is a long
   * @param promise what has to be true of the change on return
   * @return the sum
   */
  default long increment(String map, byte[] key, long delta, Promise promise) {
    throw new UnsupportedOperationException("This store does not add.");
  }

  /**
   * Reads the keys of some changes and then makes these in one commit, of a key only one; with
   * {@link Capability#TRANSACT}. Where others come between it may do so again.
   *
   * @param changes what becomes of the keys
   * @param reader is told what each key was, maybe more than once
   * @param promise what has to be true of them on return
   * @return the place of the commit in the order of all commits; 0 if the store does not say
   */
  default long transact(List<Change> changes, Reader reader, Promise promise) {
    throw new UnsupportedOperationException("This store has no transactions.");
  }

  /** Is told what a transaction reads. */
  @FunctionalInterface
  interface Reader {
    /**
     * A key was read.
     *
     * @param index of which change it is
     * @param value what it was; null: it was not there
     */
    void read(int index, byte @Nullable [] value);
  }

  /**
   * Removes all entries of a map in one commit; with {@link Capability#CLEAR_MAP}, or {@link
   * Capability#DROP_MAP}. Others may read the map meanwhile.
   *
   * @param map the name of a map, which may not be there
   * @param drops whether the map is removed, too: then until somebody names it again
   * @param promise what has to be true of it on return
   * @return the place of the commit in the order of all commits; 0 if the store does not say
   */
  default long wipe(String map, boolean drops, Promise promise) {
    throw new UnsupportedOperationException("This store does not remove maps.");
  }

  /**
   * Gets a value.
   *
   * @param map the name of a map
   * @param key a key
   * @return a copy of its value; null if there is none
   */
  byte @Nullable [] get(String map, byte[] key);

  /**
   * Begins a walk over a map, or goes on with one.
   *
   * @param map the name of a map
   * @param cookie 0, or what {@link Scan#cookie} gave, with {@link Capability#RESUMABLE_SCAN}
   * @return a walk, to be closed
   */
  Scan scan(String map, long cookie);

  /**
   * The maps that there are.
   *
   * @return their names, in any order
   */
  List<String> maps();

  /** Makes durable all that was committed before. */
  void sync();

  /** Makes the files smaller, with {@link Capability#COMPACT}. */
  default void compact() {}

  /**
   * Reads all that is stored, with {@link Capability#SCRUB}.
   *
   * @return what it found to be damaged; empty: nothing
   */
  default List<String> scrub() {
    return List.of();
  }

  /**
   * Looks at everything, with {@link Capability#CHECK}: structure of all maps, space that is taken
   * by nothing or by two things, holds and memory that were not given back. Nobody else uses the
   * store meanwhile.
   *
   * @return what is wrong; empty: nothing
   */
  default List<String> check() {
    return List.of();
  }

  /**
   * How often interesting things have happened since the store was opened, by the names of {@code
   * org.zapkv.harness.report.Event}: those that only the store knows of.
   *
   * @return numbers that never get smaller
   */
  default Map<String, Long> events() {
    return Map.of();
  }

  /** Closes the store in the way that its users are told to. */
  @Override
  void close();

  /** A walk over a map; used by one thread at a time. */
  interface Scan extends AutoCloseable {
    /**
     * Goes to the next entry.
     *
     * @return the entry; null at the end
     */
    @Nullable Entry next();

    /**
     * Where the walk is.
     *
     * @return a number to go on with in another walk
     */
    default long cookie() {
      throw new UnsupportedOperationException("This store's scans cannot be resumed.");
    }

    @Override
    void close();
  }

  /**
   * An entry.
   *
   * @param key its key
   * @param value its value
   */
  // Bytes are what all stores have; nobody compares these records.
  @SuppressWarnings("ArrayRecordComponent")
  record Entry(byte[] key, byte[] value) {}
}
