// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/** The end of a thread that has been told to end: closing is not over before it. */
public final class ThreadEnd {
  private ThreadEnd() {}

  /**
   * Waits until a thread has ended. An interrupt does not end the wait; it is kept for the caller.
   *
   * @param thread the thread, which has been told to end; one that was never started has ended
   */
  public static void await(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
