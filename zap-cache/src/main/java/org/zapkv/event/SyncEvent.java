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
import org.jspecify.annotations.Nullable;

/** A transaction group was written and made durable. */
@Name("org.zapkv.Sync")
@Label("Sync")
@Description("A transaction group was written and made durable")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class SyncEvent extends Event {
  @Label("Store")
  @Description("The device of the store's blocks")
  @Nullable String store;

  @Label("Group")
  @Description("The number of the transaction group")
  long group;

  @Label("Written")
  @Description("What was written to the device for it, but for what was written early")
  @DataAmount
  long writtenBytes;

  private SyncEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable SyncEvent start() {
    SyncEvent event = new SyncEvent();
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  /**
   * The end: records it.
   *
   * @param store the device of the store's blocks
   * @param group the number of the transaction group
   * @param writtenBytes what was written to the device for it, but for what was written early
   */
  public void finish(String store, long group, long writtenBytes) {
    end();
    if (shouldCommit()) {
      this.store = store;
      this.group = group;
      this.writtenBytes = writtenBytes;
      commit();
    }
  }
}
