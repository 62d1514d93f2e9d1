// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Operation;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Pending;
import org.zapkv.harness.oracle.Session;
import org.zapkv.harness.oracle.Syncing;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.subject.Promise;

/**
 * What a child says of its commits, put before the oracle of the process that has started it. Used
 * by one thread.
 */
final class Acknowledgements {
  /*
   * Implementation notes
   *
   * Nobody tells when a commit has begun: so all of the segment have, from the beginning on. They
   * are acknowledged in the order in which the child has said so.
   */

  private record Begun(Pending pending, Promise promise) {}

  private final Oracle oracle;

  /** Of each thread. */
  private final List<List<Begun>> commits = new ArrayList<>();

  /** How many of each thread have returned. */
  private final int[] returned;

  private final Map<Integer, Syncing> syncs = new HashMap<>();
  private int total;
  private int durable;
  private int later;

  /** All commits of a segment begin. */
  Acknowledgements(Oracle oracle, Segment segment) {
    this.oracle = oracle;
    List<List<Operation>> threads = segment.operations();
    returned = new int[threads.size()];
    for (int i = 0; i < threads.size(); i++) {
      List<Begun> own = begin(oracle.session(i), threads.get(i));
      total += own.size();
      commits.add(own);
    }
  }

  private static List<Begun> begin(Session session, List<Operation> operations) {
    List<Begun> begun = new ArrayList<>();
    for (Operation operation : operations) {
      if (operation instanceof Operation.Apply apply) {
        begun.add(begin(session, List.of(apply.edit()), apply.promise()));
      } else if (operation instanceof Operation.Commit commit) {
        begun.add(begin(session, commit.edits(), commit.promise()));
      } else if (operation instanceof Operation.Update update
          && update.way() != Operation.Way.WRONG_SWAP) {
        begun.add(begin(session, List.of(update.edit()), update.promise()));
      } else if (operation instanceof Operation.Wipe wipe) {
        Pending pending = session.beginWipe(wipe.map(), wipe.promise(), 0);
        begun.add(new Begun(pending, wipe.promise()));
      }
    }
    return begun;
  }

  private static Begun begin(Session session, List<Edit> edits, Promise promise) {
    return new Begun(session.begin(edits, promise), promise);
  }

  /**
   * Takes in what is about commits; the rest is ignored.
   *
   * @throws Violation if the order of commits is not right
   */
  void take(Message message) {
    switch (message.verb()) {
      case ACKNOWLEDGED -> acknowledge(message.integer(0), message.number(1));
      case SYNCING -> syncs.put(message.integer(0), oracle.session(message.integer(0)).syncing());
      case SYNCED -> Objects.requireNonNull(syncs.remove(message.integer(0))).durable(0);
      default -> {}
    }
  }

  private void acknowledge(int thread, long sequence) {
    Begun commit = commits.get(thread).get(returned[thread]++);
    if (commit.promise == Promise.DURABLE) {
      durable++;
    } else {
      later++;
    }
    commit.pending.acknowledged(sequence, 0);
  }

  /** How many commits the segment has. */
  int total() {
    return total;
  }

  /** How many have returned that were to be durable by then. */
  int durable() {
    return durable;
  }

  /** How many have returned that need not be durable yet. */
  int later() {
    return later;
  }

  int count() {
    return durable + later;
  }

  /** How far each thread was. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < returned.length; i++) {
      text.append(i == 0 ? "" : ", ")
          .append("t" + i + ": ")
          .append(returned[i])
          .append(" of ")
          .append(commits.get(i).size());
    }
    return text.toString();
  }
}
