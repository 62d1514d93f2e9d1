// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.ArrayList;
import java.util.List;

/** What was committed when somebody began to make it durable. Used by one thread. */
public final class Syncing {
  private final List<Line> lines;

  /** How many commits of each line were over. */
  private final List<Integer> commits = new ArrayList<>();

  Syncing(List<Line> lines) {
    this.lines = lines;
    lines.forEach(line -> commits.add(line.ended()));
  }

  /**
   * It is durable.
   *
   * @param position how far the recording of the devices is; 0: there is none
   */
  public void durable(long position) {
    for (int i = 0; i < lines.size(); i++) {
      lines.get(i).durable(position, commits.get(i));
    }
  }
}
