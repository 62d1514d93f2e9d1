// SPDX-License-Identifier: Apache-2.0
package org.zapkv.event;

import org.jspecify.annotations.Nullable;

/**
 * Where the library records what happens in it, for the JDK's Flight Recorder. Nothing is recorded
 * unless a recording asks for it by name, and nothing is on the way of a read that finds its block
 * in memory. Any thread.
 *
 * <p>An event that has a duration is begun here, which gives null where nobody records it, and
 * finished by whoever began it.
 */
public final class Events {
  /*
   * Implementation notes
   *
   * A JVM may be without the module jdk.jfr. Then the classes of the events must not be loaded, as
   * what they extend is not there: only their own code and what PRESENT guards here calls them, and
   * a caller that has null in a variable of such a type does not load it either.
   *
   * While nothing is recorded isEnabled() and shouldCommit() are constants, so that the compiler
   * drops the event together with the call.
   */

  private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private Events() {}

  /**
   * A commit begins.
   *
   * @return to be finished when its record is in the log; null where it is not recorded
   */
  public static @Nullable CommitEvent commit() {
    return PRESENT ? CommitEvent.start() : null;
  }

  /**
   * A wait for a commit to be on disk begins.
   *
   * @return to be finished after it; null where it is not recorded
   */
  public static @Nullable CommitWaitEvent commitWait() {
    return PRESENT ? CommitWaitEvent.start() : null;
  }

  /**
   * The writing of a transaction group begins.
   *
   * @return to be finished when the group is durable; null where it is not recorded
   */
  public static @Nullable SyncEvent sync() {
    return PRESENT ? SyncEvent.start() : null;
  }

  /**
   * The split of a leaf begins.
   *
   * @return to be finished when both leaves are whole; null where it is not recorded
   */
  public static @Nullable LeafSplitEvent leafSplit() {
    return PRESENT ? LeafSplitEvent.start() : null;
  }

  /**
   * The merge of two leaves begins.
   *
   * @return to be finished when the one is whole; null where it is not recorded
   */
  public static @Nullable LeafMergeEvent leafMerge() {
    return PRESENT ? LeafMergeEvent.start() : null;
  }

  /**
   * The conversion of a micro map begins.
   *
   * @return to be finished when it is fat; null where it is not recorded
   */
  public static @Nullable MapConversionEvent mapConversion() {
    return PRESENT ? MapConversionEvent.start() : null;
  }

  /**
   * A pointer table has doubled.
   *
   * @param object the number of the map's object
   * @param pointers how many pointers it has now
   */
  public static void tableGrown(long object, long pointers) {
    if (PRESENT) {
      TableGrowthEvent.happened(object, pointers);
    }
  }

  /**
   * An operation on a file begins.
   *
   * @return to be finished after it, be it slow or not; null where slow ones are not recorded
   */
  public static @Nullable SlowIoEvent io() {
    return PRESENT ? SlowIoEvent.start() : null;
  }

  /**
   * A block was dropped from a cache to make room.
   *
   * @param object the number of the object that it belongs to
   * @param block its number in there
   * @param bytes its memory
   */
  public static void evicted(long object, long block, long bytes) {
    if (PRESENT) {
      EvictionEvent.happened(object, block, bytes);
    }
  }
}
