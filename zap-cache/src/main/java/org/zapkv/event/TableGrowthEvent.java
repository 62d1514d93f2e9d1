// SPDX-License-Identifier: Apache-2.0
package org.zapkv.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The pointer table of a map doubled; the last of the steps in which it did. */
@Name("org.zapkv.TableGrowth")
@Label("Pointer table growth")
@Description("The pointer table of a map doubled")
@Category("Zap")
@Enabled(false)
@StackTrace(false)
public final class TableGrowthEvent extends Event {
  @Label("Object")
  @Description("The number of the map's object in its store")
  long object;

  @Label("Pointers")
  @Description("How many pointers it has now")
  long pointers;

  private TableGrowthEvent() {}

  static void happened(long object, long pointers) {
    TableGrowthEvent event = new TableGrowthEvent();
    if (event.shouldCommit()) {
      event.object = object;
      event.pointers = pointers;
      event.commit();
    }
  }
}
