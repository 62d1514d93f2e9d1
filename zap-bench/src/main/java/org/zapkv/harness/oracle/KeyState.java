// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a key since the store was opened. Changed by the thread of its line. */
final class KeyState {
  /*
   * Implementation notes
   *
   * Others read it while it changes, to judge what they have seen; so their answers have to be
   * right whenever they ask. The fields are written in the order presentSince, latest, doubtful and
   * read in the opposite one, and what a removal can make visible is announced before it begins.
   */

  /** All versions, also of commits of which nobody knows whether they are there. Of its thread. */
  private final List<Version> history = new ArrayList<>();

  /** Of the last commit that is known to be there; null: of none. */
  private volatile @Nullable Version latest;

  /** Of commits since then that failed: each of them is there or not. */
  private volatile List<Version> doubtful = List.of();

  /** The commit since which the key has a value without interruption, if it has one. */
  private volatile int presentSince = Version.BASE;

  /** The last commit that removes the key; it may not be over. */
  private volatile int lastRemoval = Version.BASE;

  /** What the key has when the store is opened. */
  void open(Version base) {
    history.add(base);
    latest = base;
  }

  void begin(Version version) {
    history.add(version);
    if (!version.isPut()) {
      lastRemoval = version.commit;
    }
  }

  /** A commit is there. */
  void succeed(Version version) {
    Version before = latest;
    List<Version> doubts = doubtful;
    boolean isGapless = before != null && before.isPut() && doubts.isEmpty();
    if (!isGapless) {
      presentSince = version.commit;
    }
    latest = version;
    if (before != null) {
      before.replaceBy(version.commit);
    }
    doubts.forEach(doubt -> doubt.replaceBy(version.commit));
    doubtful = List.of();
  }

  /** Whether it has a value, as far as anybody was told. */
  boolean isPresent() {
    Version now = latest;
    return now != null && now.isPut() && doubtful.isEmpty();
  }

  /** A commit is there or not. */
  void doubt(Version version) {
    List<Version> more = new ArrayList<>(doubtful);
    more.add(version);
    doubtful = List.copyOf(more);
  }

  List<Version> history() {
    return history;
  }

  /** Whether the key may have had no value at a moment since so many commits were over. */
  boolean mayBeAbsent(int commits) {
    List<Version> doubts = doubtful;
    Version now = latest;
    return now == null
        || !now.isPut()
        || doubts.stream().anyMatch(doubt -> !doubt.isPut())
        || presentSince >= commits
        || lastRemoval >= commits;
  }

  /** Whether a removal may have come since so many commits were over. */
  boolean mayBeRemovedSince(int commits) {
    return lastRemoval >= commits;
  }

  /** What readers should find, for messages. */
  String expected() {
    List<Version> doubts = doubtful;
    Version now = latest;
    String known = now == null ? "nothing" : now.toString();
    return doubts.isEmpty() ? known : known + ", or what failed commits left: " + doubts;
  }
}
