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

/**
 * A wait of a thread until a commit is on disk: for a flush of the intent log, its own or
 * another's.
 */
@Name("org.zapkv.CommitWait")
@Label("Wait for durability")
@Description("A thread waited until a commit was on disk")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class CommitWaitEvent extends Event {
  @Label("Store")
  @Description("The store")
  @Nullable String store;

  @Label("Sequence")
  @Description("The commit, as Batch.commit returns it")
  long sequence;

  private CommitWaitEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable CommitWaitEvent start() {
    CommitWaitEvent event = new CommitWaitEvent();
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
   * @param sequence the commit, as Batch.commit returns it
   */
  public void finish(String store, long sequence) {
    end();
    if (shouldCommit()) {
      this.store = store;
      this.sequence = sequence;
      commit();
    }
  }
}
