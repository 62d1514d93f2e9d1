// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.BufferStateException;

/** Remembers who holds what, and from where it was taken. A debug option: it costs a stack each. */
final class HoldTracer {
  private final ConcurrentHashMap<Buffer, List<Hold>> holds = new ConcurrentHashMap<>();

  void held(Buffer buffer, Object tag) {
    Hold hold = new Hold(tag, new Throwable("held here, by " + Thread.currentThread()));
    holds.compute(
        buffer,
        (key, present) -> {
          List<Hold> list = present == null ? new ArrayList<>() : present;
          list.add(hold);
          return list;
        });
  }

  /** Forgets one hold of a tag; the tag is compared by identity, then by equality. */
  void released(Buffer buffer, Object tag) {
    boolean[] found = new boolean[1];
    holds.computeIfPresent(
        buffer,
        (key, list) -> {
          Hold hold = find(list, tag);
          found[0] = hold != null && list.remove(hold);
          return list.isEmpty() ? null : list;
        });
    if (!found[0]) {
      throw new BufferStateException(buffer + ": released by " + tag + ", who does not hold it");
    }
  }

  List<String> describe() {
    List<String> lines = new ArrayList<>();
    for (Buffer buffer : holds.keySet()) {
      holds.computeIfPresent(
          buffer,
          (key, list) -> {
            list.forEach(hold -> lines.add(buffer + " tag=" + hold.tag + " " + stackOf(hold)));
            return list;
          });
    }
    return lines;
  }

  private static @Nullable Hold find(List<Hold> list, Object tag) {
    for (Hold hold : list) {
      if (hold.tag == tag) {
        return hold;
      }
    }
    for (Hold hold : list) {
      if (hold.tag.equals(tag)) {
        return hold;
      }
    }
    return null;
  }

  private static String stackOf(Hold hold) {
    StringWriter text = new StringWriter();
    hold.taken.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static final class Hold {
    final Object tag;
    final Throwable taken;

    Hold(Object tag, Throwable taken) {
      this.tag = tag;
      this.taken = taken;
    }
  }
}
