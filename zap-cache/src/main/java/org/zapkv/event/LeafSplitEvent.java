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

/** A leaf of a map became two. */
@Name("org.zapkv.LeafSplit")
@Label("Leaf split")
@Description("A leaf of a map became two")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class LeafSplitEvent extends Event {
  @Label("Object")
  @Description("The number of the map's object in its store")
  long object;

  @Label("Block")
  @Description("The leaf that was split")
  long block;

  @Label("New block")
  @Description("The leaf that took the upper half of its hashes")
  long newBlock;

  @Label("Prefix length")
  @Description("How many bits of the hash both cover now")
  int prefixLength;

  private LeafSplitEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable LeafSplitEvent start() {
    LeafSplitEvent event = new LeafSplitEvent();
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
   * @param block the leaf that was split
   * @param newBlock the leaf that took the upper half of its hashes
   * @param prefixLength how many bits of the hash both cover now
   */
  public void finish(long object, long block, long newBlock, int prefixLength) {
    end();
    if (shouldCommit()) {
      this.object = object;
      this.block = block;
      this.newBlock = newBlock;
      this.prefixLength = prefixLength;
      commit();
    }
  }
}
