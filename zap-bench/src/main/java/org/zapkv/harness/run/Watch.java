// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.oracle.Violation;

/** Knows what each thread of a run does since when, and finds what does not end. Any thread. */
final class Watch {
  private static final int MOST_CHARACTERS = 300;

  private final long limitNanos;
  private final Queue<Post> posts = new ConcurrentLinkedQueue<>();

  /** What a thread does. Written by it alone, but read by who watches: two fields may not match. */
  static final class Post implements AutoCloseable {
    private final Queue<Post> all;
    private volatile @Nullable Object what;
    private volatile long sinceNanos;

    private Post(Queue<Post> all) {
      this.all = all;
    }

    void begins(Object something) {
      sinceNanos = System.nanoTime();
      what = something;
    }

    void ends() {
      what = null;
    }

    @Override
    public void close() {
      all.remove(this);
    }
  }

  /** Finds what takes longer than that. */
  Watch(Duration limit) {
    this.limitNanos = limit.toNanos();
  }

  /** A place for the calling thread to say what it does. */
  Post post() {
    Post post = new Post(posts);
    posts.add(post);
    return post;
  }

  /** What takes too long, with what all threads do; null: nothing. */
  @Nullable Violation hang() {
    long now = System.nanoTime();
    for (Post post : posts) {
      Object what = post.what;
      if (what != null && now - post.sinceNanos > limitNanos) {
        return new Violation(
            Violation.Kind.HANG,
            shortened(what.toString())
                + " has not ended after "
                + limitNanos / 1_000_000
                + " ms; threads:\n"
                + threads());
      }
    }
    return null;
  }

  /** A commit may have thousands of edits, and what was done is in the log of operations. */
  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
  }

  /** With all of their frames, which a {@link ThreadInfo} leaves out of its text. */
  private static String threads() {
    StringBuilder text = new StringBuilder();
    for (ThreadInfo info : ManagementFactory.getThreadMXBean().dumpAllThreads(true, true)) {
      text.append(info.getThreadName()).append(' ').append(info.getThreadState());
      if (info.getLockName() != null) {
        text.append(" for ")
            .append(info.getLockName())
            .append(" of ")
            .append(info.getLockOwnerName());
      }
      text.append('\n');
      for (StackTraceElement frame : info.getStackTrace()) {
        text.append("    ").append(frame).append('\n');
      }
    }
    return text.toString();
  }
}
