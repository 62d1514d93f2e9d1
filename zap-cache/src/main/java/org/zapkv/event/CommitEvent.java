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

/** A commit: its changes were made and appended to the intent log. Not the wait for the disk. */
@Name("org.zapkv.Commit")
@Label("Commit")
@Description("Changes were made and recorded in the intent log")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class CommitEvent extends Event {
  @Label("Store")
  @Description("The store")
  @Nullable String store;

  @Label("Changes")
  @Description("How many keys were changed")
  int changes;

  @Label("Size")
  @Description("About what the keys and values take on the heap")
  @DataAmount
  long bytes;

  @Label("Sequence")
  @Description("The commit's place in the order of all, as Batch.commit returns it")
  long sequence;

  private CommitEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable CommitEvent start() {
    CommitEvent event = new CommitEvent();
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  /**
   * The end: records it.
   *
   * @param store the store
   * @param changes how many keys were changed
   * @param bytes about what the keys and values take on the heap
   * @param sequence the commit's place in the order of all, as Batch.commit returns it
   */
  public void finish(String store, int changes, long bytes, long sequence) {
    end();
    if (shouldCommit()) {
      this.store = store;
      this.changes = changes;
      this.bytes = bytes;
      this.sequence = sequence;
      commit();
    }
  }
}
