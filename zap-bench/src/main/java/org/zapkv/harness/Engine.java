// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;

/** Does a run, or a part of one. */
@FunctionalInterface
interface Engine {
  /**
   * Runs.
   *
   * @param settings what it is told
   * @param listener told how far it is
   * @return what came out
   * @throws IOException if the files of the harness cannot be read or written
   * @throws InterruptedException if the thread is interrupted
   */
  Outcome run(Settings settings, RunListener listener) throws IOException, InterruptedException;
}
