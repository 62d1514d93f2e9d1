// SPDX-License-Identifier: Apache-2.0
package org.zapkv.event;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A block was dropped from the cache to make room. */
@Name("org.zapkv.Eviction")
@Label("Eviction")
@Description("A block was dropped from the cache to make room")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class EvictionEvent extends Event {
  @Label("Object")
  @Description("The number of the object that the block belongs to")
  long object;

  @Label("Block")
  @Description("The block's number in the object")
  long block;

  @Label("Size")
  @Description("The memory of the block")
  @DataAmount
  long bytes;

  private EvictionEvent() {}

  static void happened(long object, long block, long bytes) {
    EvictionEvent event = new EvictionEvent();
    if (event.shouldCommit()) {
      event.object = object;
      event.block = block;
      event.bytes = bytes;
      event.commit();
    }
  }
}
