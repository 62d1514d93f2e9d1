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
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A read, write or flush of a file that took longer than the threshold, 20 ms by default. */
@Name("org.zapkv.SlowIo")
@Label("Slow I/O")
@Description("An operation on a file took long")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
@Threshold("20 ms")
public final class SlowIoEvent extends Event {
  @Label("File")
  @Description("The file")
  @Nullable String file;

  @Label("Operation")
  @Description("What was done: read, write or flush")
  @Nullable String operation;

  @Label("Offset")
  @Description("Where in the file, in bytes; 0 for a flush")
  @DataAmount
  long offset;

  @Label("Size")
  @Description("How much; 0 for a flush")
  @DataAmount
  long bytes;

  private SlowIoEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable SlowIoEvent start() {
    SlowIoEvent event = new SlowIoEvent();
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  /**
   * The end: records it.
   *
   * @param file the file
   * @param operation what was done: read, write or flush
   * @param offset where in the file, in bytes; 0 for a flush
   * @param bytes how much; 0 for a flush
   */
  public void finish(String file, String operation, long offset, long bytes) {
    end();
    if (shouldCommit()) {
      this.file = file;
      this.operation = operation;
      this.offset = offset;
      this.bytes = bytes;
      commit();
    }
  }
}
