// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Subject;

/**
 * Knows what was done to a store in one life of it, and judges what readers see, and what the store
 * holds when it is opened again. While the store is open each thread uses its own {@link Session};
 * the methods here, but for {@link #session}, are for when they all have ended.
 *
 * <p>Each thread changes the keys of its own line only: those that begin with {@code tN.}, N the
 * number of the thread. So the commits of a line are in a known order, and a thread knows what it
 * must read. Commits of different lines are ordered by their sequences, and where one was over
 * before the other began.
 *
 * <p>Positions are how far the recording of the devices was, counted from the last opening on:
 * {@code PowerRecording.now()}. Where nothing is recorded all of them are 0: then what was
 * acknowledged before the crash counts.
 */
public final class Oracle {
  /**
   * A part of a recording.
   *
   * @param begin how far it was at first
   * @param end how far it was then, not below
   */
  public record Span(long begin, long end) {}

  private final Set<Capability> capabilities;
  private final List<Line> lines = new ArrayList<>();
  private final Map<String, Line> linesByName = new HashMap<>();
  private final List<Session> sessions = new ArrayList<>();

  /**
   * The oracle of a store that is new.
   *
   * @param threads how many use the store
   * @param capabilities what the store is held to
   */
  public Oracle(int threads, Set<Capability> capabilities) {
    this.capabilities = Set.copyOf(capabilities);
    AtomicLong clock = new AtomicLong();
    for (int i = 0; i < threads; i++) {
      Line line = new Line("t" + i, capabilities.contains(Capability.ORDERED), clock);
      lines.add(line);
      linesByName.put(line.name(), line);
      sessions.add(new Session(this, line));
    }
  }

  /**
   * What a thread uses while the store is open.
   *
   * @param thread its number, 0 and up
   * @return always the same
   */
  public Session session(int thread) {
    return sessions.get(thread);
  }

  /**
   * All that was committed so far is durable.
   *
   * @param position how far the recording of the devices is; 0: there is none
   */
  public void durable(long position) {
    new Syncing(lines).durable(position);
  }

  /**
   * Judges what a store holds that was opened again, without going on from there: as of one of
   * several crashes. Also right for a store that is still open, as if it had been closed.
   *
   * @param found what it holds
   * @param position how far the recording of the devices was when the crash came; 0: there is none
   * @param isCrash whether there was a crash; false: it was closed, and everything is there
   * @return what is there
   * @throws Violation if the store may not hold that
   */
  public Settled judge(Found found, long position, boolean isCrash) {
    found.forEach(this::checkKnown);
    Rules rules = new Rules(capabilities, position, isCrash);
    List<LineJudge> judges = new ArrayList<>();
    for (Line line : lines) {
      LineJudge judge = new LineJudge(line, found, rules);
      judge.judge();
      judges.add(judge);
    }
    List<Integer> least = lines.stream().map(rules::begun).toList();
    List<Integer> most = least;
    if (rules.isOrdered()) {
      OrderJudge order = new OrderJudge(judges);
      least = order.judge();
      most = order.most();
    }
    return settled(found, judges, least, most);
  }

  private static Settled settled(
      Found found, List<LineJudge> judges, List<Integer> least, List<Integer> most) {
    long there = 0;
    long lost = 0;
    for (int i = 0; i < judges.size(); i++) {
      there += judges.get(i).there(least.get(i));
      lost += judges.get(i).lost(most.get(i));
    }
    return new Settled(found.entryCount(), there, lost);
  }

  private void checkKnown(String map, String key, Value value) {
    Line line = lineOf(key);
    if (line == null) {
      throw ofNoLine(map, key);
    }
    if (line.version(map, key, value) == null) {
      throw new Violation(
          Kind.ALIEN,
          Line.place(map, key) + " has " + Version.text(value) + ": " + line.whose(value));
    }
  }

  /**
   * Judges what a store holds that was opened again, and goes on from there: positions begin at 0
   * again.
   *
   * @param found what it holds
   * @param position how far the recording of the devices was when the crash came; 0: there is none
   * @param isCrash whether there was a crash; false: it was closed, and everything is there
   * @return what is there
   * @throws Violation if the store may not hold that; nothing is changed then
   */
  public Settled settle(Found found, long position, boolean isCrash) {
    Settled settled = judge(found, position, isCrash);
    lines.forEach(line -> line.reset(found));
    return settled;
  }

  /**
   * Begins with a store of which somebody else has judged what it holds.
   *
   * @param found what it holds
   */
  public void adopt(Found found) {
    lines.forEach(line -> line.reset(found));
  }

  /**
   * Reads all of a store whose files are damaged, by each key and by walks: every entry is right,
   * or its reading fails. To be used when everything is settled.
   *
   * @param subject a store with a damaged copy of what is there
   * @return what it has thrown; empty: nothing was damaged that is in use
   * @throws Violation if it has something that is wrong, or silently left something out
   */
  public List<RuntimeException> checkDamaged(Subject subject) {
    return new DamageCheck(this, subject).run();
  }

  /**
   * Where a loss of power is most telling.
   *
   * @return where commits since the last opening were made that have several changes or were said
   *     to be durable, and where all before was said to be durable
   */
  public List<Span> telling() {
    List<Span> spans = new ArrayList<>();
    for (Line line : lines) {
      for (Pending commit : line.commits()) {
        if (commit.isTelling()) {
          spans.add(new Span(commit.startPosition, commit.endPosition()));
        }
      }
      line.durablePositions().forEach(position -> spans.add(new Span(position, position)));
    }
    return List.copyOf(spans);
  }

  List<Line> lines() {
    return lines;
  }

  @Nullable Line lineOf(String key) {
    return linesByName.get(Edit.lineOf(key));
  }

  static Violation ofNoLine(String map, String key) {
    return new Violation(
        Kind.ALIEN, Line.place(map, key) + " has a value, and no thread may write that key");
  }
}
