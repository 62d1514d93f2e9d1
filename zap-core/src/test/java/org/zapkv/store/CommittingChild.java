// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * A process that commits from many threads until it is killed, and says of each commit when it is
 * durable: the thread's line and the commit's number.
 */
final class CommittingChild {
  private CommittingChild() {}

  /** How the line of a thread is called. */
  static String line(int round, int thread) {
    return "r" + round + "t" + thread;
  }

  /** What a line commits. */
  static CommitScript script(int round, int thread, long seed) {
    return new CommitScript(line(round, thread), seed + thread, 40_000);
  }

  /**
   * Runs until it is killed.
   *
   * @param args the directory of the store, the round, the number of threads, the seed
   */
  public static void main(String[] args) {
    ZapStore store = ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).open(Path.of(args[0]));
    int round = Integer.parseInt(args[1]);
    int threads = Integer.parseInt(args[2]);
    long seed = Long.parseLong(args[3]);
    for (int t = 0; t < threads; t++) {
      int thread = t;
      new Thread(() -> commit(store, round, thread, seed), line(round, thread)).start();
    }
  }

  private static void commit(ZapStore store, int round, int thread, long seed) {
    PrintStream out = System.out;
    CommitScript script = script(round, thread, seed);
    for (int number = 1; !out.checkError(); number++) {
      List<CommitHistory.Edit> changes = script.changes(number);
      CommitScript.commit(store, changes, Durability.SYNC);
      out.println(line(round, thread) + " " + number);
    }
  }
}
