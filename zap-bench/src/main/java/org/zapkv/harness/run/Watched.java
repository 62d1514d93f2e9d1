// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.oracle.Violation;

/** Has something done by a thread of its own, which is left alone when it does not end. */
final class Watched {
  private static final long LOOK_MILLIS = 200;

  private Watched() {}

  /**
   * Waits until it is done, or something in it hangs.
   *
   * @param watch knows of hangs
   * @param body what is done; throws nothing
   * @param look done a few times a second meanwhile, and in the end
   * @param interrupted done if the calling thread is interrupted or something hangs, to have the
   *     body end soon
   * @return what hangs; null: the body has ended
   */
  static @Nullable Violation run(Watch watch, Runnable body, Runnable look, Runnable interrupted) {
    Thread thread = new Thread(body, "zap-harness");
    thread.setDaemon(true);
    thread.start();
    boolean isInterrupted = false;
    Violation hang = null;
    while (hang == null && thread.isAlive()) {
      try {
        TimeUnit.MILLISECONDS.timedJoin(thread, LOOK_MILLIS);
      } catch (InterruptedException e) {
        isInterrupted = true;
        interrupted.run();
      }
      look.run();
      hang = watch.hang();
    }
    if (hang != null) {
      // Should it go on later, then not for long.
      interrupted.run();
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    return hang;
  }
}
