// SPDX-License-Identifier: Apache-2.0
package org.zapkv.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Two leaves of a map became one. */
@Name("org.zapkv.LeafMerge")
@Label("Leaf merge")
@Description("Two leaves of a map became one")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class LeafMergeEvent extends Event {
  @Label("Object")
  @Description("The number of the map's object in its store")
  long object;

  @Label("Block")
  @Description("The leaf that has the entries of both")
  long block;

  @Label("Freed block")
  @Description("The leaf that is gone")
  long freedBlock;

  @Label("Prefix length")
  @Description("How many bits of the hash the leaf covers now")
  int prefixLength;

  private LeafMergeEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable LeafMergeEvent start() {
    LeafMergeEvent event = new LeafMergeEvent();
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  /**
   * The end: records it.
   *
   * @param object the number of the map's object in its store
   * @param block the leaf that has the entries of both
   * @param freedBlock the leaf that is gone
   * @param prefixLength how many bits of the hash the leaf covers now
   */
  public void finish(long object, long block, long freedBlock, int prefixLength) {
    end();
    if (shouldCommit()) {
      this.object = object;
      this.block = block;
      this.freedBlock = freedBlock;
      this.prefixLength = prefixLength;
      commit();
    }
  }
}
