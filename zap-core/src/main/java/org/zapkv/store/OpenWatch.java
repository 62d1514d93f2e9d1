// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Closes what was opened and never closed once nobody can reach it any more, and tells where it was
 * opened.
 */
final class OpenWatch {
  /*
   * Implementation notes
   *
   * What is watched is not the object that users have, but one that every operation on it has in
   * hand as long as it uses what would be closed: for a store its OperationGate. An object may be
   * found unreachable while its last method is still at work, if that needs no field of it any more;
   * the gate is needed to leave it. So nobody can be inside when the parts are closed, and nobody
   * has to be waited for.
   *
   * The parts must not lead to what is watched, or it would be reachable for ever.
   */

  /** Made with the first store: a thread. */
  private static final Cleaner CLEANER = Cleaner.create();

  private static final System.Logger LOGGER = System.getLogger(OpenWatch.class.getName());

  private final Forgotten forgotten;
  private final Cleaner.Cleanable cleanable;

  private OpenWatch(Object watched, Forgotten forgotten) {
    this.forgotten = forgotten;
    this.cleanable = CLEANER.register(watched, forgotten);
  }

  /**
   * Begins to watch; the place that is told is that of this call.
   *
   * @param watched the object whose loss means that nobody can close the parts any more
   * @param what what was opened, for the message
   * @param parts closed when the object is lost, the last one first; they do not lead to it
   */
  static OpenWatch begin(Object watched, String what, AutoCloseable... parts) {
    return new OpenWatch(watched, new Forgotten(what, parts.clone()));
  }

  /** Ends the watch: somebody closes the parts. */
  void end() {
    forgotten.over.set(true);
    cleanable.clean();
  }

  /** Knows all that is to be closed and nothing of what is watched. */
  private static final class Forgotten implements Runnable {
    private final String what;
    private final AutoCloseable[] parts;
    private final Throwable opened;
    private final AtomicBoolean over = new AtomicBoolean();

    Forgotten(String what, AutoCloseable[] parts) {
      this.what = what;
      this.parts = parts;
      this.opened = new Throwable(what + " was opened here");
    }

    @Override
    public void run() {
      if (!over.compareAndSet(false, true)) {
        return;
      }
      try (Closer closer = new Closer()) {
        for (AutoCloseable part : parts) {
          closer.add(part);
        }
      } catch (RuntimeException | Error e) {
        opened.addSuppressed(e);
      }
      LOGGER.log(
          Level.WARNING,
          what
              + " was never closed and cannot be reached any more, so it was closed just now"
              + (opened.getSuppressed().length == 0 ? "" : ", which failed")
              + ": close it where it is used, best by try-with-resources",
          opened);
    }
  }
}
