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

/** A micro map became fat. */
@Name("org.zapkv.MapConversion")
@Label("Map conversion")
@Description("A micro map became fat")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class MapConversionEvent extends Event {
  @Label("Object")
  @Description("The number of the map's object in its store")
  long object;

  @Label("Entries")
  @Description("How many entries it had")
  long entries;

  private MapConversionEvent() {}

  /** The beginning of what is recorded; null where it is not. */
  static @Nullable MapConversionEvent start() {
    MapConversionEvent event = new MapConversionEvent();
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
   * @param entries how many entries it had
   */
  public void finish(long object, long entries) {
    end();
    if (shouldCommit()) {
      this.object = object;
      this.entries = entries;
      commit();
    }
  }
}
