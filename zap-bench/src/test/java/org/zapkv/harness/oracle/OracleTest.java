// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject.Entry;

/**
 * Each rule of the oracle by itself. Positions are those of a log where each commit is one event.
 */
final class OracleTest {
  private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);

  private final Oracle oracle = new Oracle(2, ALL);
  private final Session first = oracle.session(0);
  private final Session second = oracle.session(1);
  private long position;

  private static Edit put(String key, long tag) {
    return new Edit("m", key, new Value(tag, 8));
  }

  private static Edit remove(String key) {
    return new Edit("m", key, null);
  }

  private static byte[] key(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(long tag) {
    return new Value(tag, 8).bytes();
  }

  private Pending begin(Session session, Promise promise, Edit... edits) {
    return session.begin(List.of(edits), promise, position);
  }

  private void end(Pending pending, long sequence) {
    pending.acknowledged(sequence, ++position);
  }

  private void commit(Session session, long sequence, Edit... edits) {
    end(begin(session, Promise.LATER, edits), sequence);
  }

  private void commitDurably(Session session, long sequence, Edit... edits) {
    end(begin(session, Promise.DURABLE, edits), sequence);
  }

  private void fail(Session session, Edit... edits) {
    begin(session, Promise.LATER, edits).unknown(new IllegalStateException("full"));
    position++;
  }

  /** What a store holds: keys and tags. */
  private static Found found(Object... keysAndTags) {
    Found found = new Found();
    for (int i = 0; i < keysAndTags.length; i += 2) {
      found.add(
          "m", key((String) keysAndTags[i]), bytes(((Integer) keysAndTags[i + 1]).longValue()));
    }
    return found;
  }

  private void assertFine(Found found) {
    assertDoesNotThrow(() -> oracle.judge(found, position, true));
  }

  private void assertCrash(Kind kind, Found found) {
    assertKind(kind, () -> oracle.judge(found, position, true));
  }

  private static void assertKind(Kind kind, Runnable action) {
    Violation violation = assertThrows(Violation.class, action::run);
    assertEquals(kind, violation.kind(), violation.getMessage());
  }

  @Test
  void afterACrashABeginningIsThere() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, put("t0.a", 2), put("t0.b", 3));
    commit(first, 3, remove("t0.a"));
    assertFine(found());
    assertFine(found("t0.a", 1));
    assertFine(found("t0.a", 2, "t0.b", 3));
    assertFine(found("t0.b", 3));
    assertCrash(Kind.TORN_BATCH, found("t0.a", 2));
    assertCrash(Kind.TORN_BATCH, found("t0.a", 1, "t0.b", 3));
    assertEquals(new Settled(1, 1, 2), oracle.judge(found("t0.a", 1), position, true));
  }

  @Test
  void itTellsWhereALossOfPowerTellsMost() {
    commit(first, 1, put("t0.a", 1));
    commitDurably(first, 2, put("t0.a", 2));
    commit(second, 3, put("t1.a", 3), put("t1.b", 4));
    fail(second, put("t1.a", 5), put("t1.b", 6));
    first.syncing().durable(position);
    List<Oracle.Span> ofFirst = List.of(new Oracle.Span(1, 2), new Oracle.Span(4, 4));
    List<Oracle.Span> ofSecond = List.of(new Oracle.Span(2, 3), new Oracle.Span(4, 4));
    assertEquals(Stream.of(ofFirst, ofSecond).flatMap(List::stream).toList(), oracle.telling());
    oracle.settle(found("t0.a", 2, "t1.a", 3, "t1.b", 4), position, false);
    assertEquals(List.of(), oracle.telling());
  }

  @Test
  void whatMayBeThereAndUndoneIsNotLost() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, put("t0.b", 2));
    commit(first, 3, remove("t0.b"));
    assertEquals(new Settled(1, 1, 0), oracle.judge(found("t0.a", 1), position, true));
    commit(second, 4, put("t1.a", 3));
    commit(first, 5, put("t0.b", 4));
    commit(first, 6, remove("t0.b"));
    // Those after what is lost are lost, too.
    assertEquals(new Settled(1, 1, 3), oracle.judge(found("t0.a", 1), position, true));
  }

  @Test
  void whereNothingIsPromisedAnythingMayBeGoneAfterACrash() {
    Oracle modest = new Oracle(1, EnumSet.of(Capability.SURVIVES_KILL));
    modest.session(0).begin(List.of(put("t0.a", 1)), Promise.DURABLE).acknowledged(0, 0);
    modest.settle(found("t0.a", 1), 0, false);
    modest.session(0).begin(List.of(put("t0.a", 2)), Promise.DURABLE);
    assertDoesNotThrow(() -> modest.judge(found(), 0, true));
    assertDoesNotThrow(() -> modest.judge(found("t0.a", 1), 0, true));
    assertDoesNotThrow(() -> modest.judge(found("t0.a", 2), 0, true));
    assertKind(Kind.ALIEN, () -> modest.judge(found("t0.a", 3), 0, true));
    Oracle closed = new Oracle(1, EnumSet.of(Capability.SURVIVES_KILL));
    closed.adopt(found("t0.a", 1));
    assertKind(Kind.LOST, () -> closed.judge(found(), 0, false));
  }

  @Test
  void whatWasAcknowledgedAsDurableIsThereFromItsPositionOn() {
    commit(first, 1, put("t0.a", 1));
    commitDurably(first, 2, put("t0.b", 2));
    commit(first, 3, put("t0.c", 3));
    assertFine(found("t0.a", 1, "t0.b", 2));
    assertCrash(Kind.LOST, found("t0.a", 1));
    assertCrash(Kind.LOST, found());
    assertDoesNotThrow(() -> oracle.judge(found("t0.a", 1), 1, true));
    assertKind(Kind.LOST, () -> oracle.judge(found("t0.a", 1), 2, true));
  }

  @Test
  void aSyncMakesDurableWhatWasOverBefore() {
    commit(second, 1, put("t1.a", 1));
    Pending open = begin(second, Promise.LATER, put("t1.b", 2));
    Syncing syncing = first.syncing();
    end(open, 2);
    syncing.durable(++position);
    assertFine(found("t1.a", 1));
    assertCrash(Kind.LOST, found());
    second.durable(++position);
    assertCrash(Kind.LOST, found("t1.a", 1));
    assertDoesNotThrow(() -> oracle.judge(found("t1.a", 1), position - 1, true));
  }

  @Test
  void whatHadNotBegunIsNotThere() {
    commit(first, 1, put("t0.a", 1));
    position = 10;
    commit(first, 2, put("t0.b", 2));
    assertKind(Kind.ORDER, () -> oracle.judge(found("t0.a", 1, "t0.b", 2), 9, true));
    assertFine(found("t0.a", 1, "t0.b", 2));
  }

  @Test
  void afterACloseEverythingIsThere() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, put("t0.a", 2));
    assertKind(Kind.LOST, () -> oracle.judge(found("t0.a", 1), 0, false));
    assertEquals(new Settled(1, 2, 0), oracle.judge(found("t0.a", 2), 0, false));
  }

  @Test
  void theSequencesOfTwoLinesAreOneOrder() {
    Pending a = begin(first, Promise.LATER, put("t0.a", 1));
    Pending b = begin(second, Promise.LATER, put("t1.a", 2));
    end(b, 1);
    end(a, 2);
    assertFine(found("t1.a", 2));
    assertFine(found("t0.a", 1, "t1.a", 2));
    assertCrash(Kind.ORDER, found("t0.a", 1));
  }

  @Test
  void whatWasOverBeforeCameBefore() {
    commit(first, 0, put("t0.a", 1));
    commit(second, 0, put("t1.a", 2));
    assertFine(found("t0.a", 1));
    assertCrash(Kind.ORDER, found("t1.a", 2));
  }

  @Test
  void commitsThatOverlapHaveNoOrderWithoutSequences() {
    Pending a = begin(first, Promise.LATER, put("t0.a", 1));
    Pending b = begin(second, Promise.LATER, put("t1.a", 2));
    end(a, 0);
    end(b, 0);
    assertFine(found("t0.a", 1));
    assertFine(found("t1.a", 2));
  }

  @Test
  void ofStatesThatAreAlikeTheOneThatFitsTheOrderCounts() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, remove("t0.a"));
    commit(first, 3, remove("t0.none"));
    commit(second, 4, put("t1.a", 2));
    commit(first, 5, put("t0.b", 3));
    assertFine(found("t1.a", 2));
    assertCrash(Kind.ORDER, found("t0.a", 1, "t1.a", 2));
  }

  @Test
  void sequencesOfALineGrow() {
    commit(first, 5, put("t0.a", 1));
    Pending pending = begin(first, Promise.LATER, put("t0.a", 2));
    assertKind(Kind.ORDER, () -> pending.acknowledged(5, 0));
    Pending older = begin(first, Promise.LATER, remove("t0.none"));
    assertKind(Kind.ORDER, () -> older.acknowledged(4, 0));
  }

  @Test
  void aCommitThatChangesNothingMayHaveTheSequenceOfTheNewestOne() {
    commit(first, 1, put("t0.a", 1));
    commit(second, 2, put("t1.a", 2));
    commitDurably(first, 2, remove("t0.none"));
    commit(first, 2, remove("t0.none"));
    commit(second, 3, put("t1.a", 3));
    assertFine(found("t0.a", 1, "t1.a", 2));
    assertFine(found("t0.a", 1, "t1.a", 3));
  }

  @Test
  void aCommitThatChangesNothingMakesNothingDurable() {
    commit(first, 1, put("t0.a", 1));
    commitDurably(first, 2, remove("t0.none"));
    assertFine(found());
    commitDurably(first, 3, remove("t0.a"));
    commit(first, 4, put("t0.a", 2));
    assertCrash(Kind.LOST, found("t0.a", 1));
  }

  @Test
  void whatOneLineHasToHaveAsksForMoreOfAnother() {
    commit(first, 1, put("t0.a", 1));
    Pending open = begin(second, Promise.LATER, put("t1.a", 2));
    Pending next = begin(first, Promise.LATER, remove("t0.a"));
    end(open, 3);
    open = begin(second, Promise.LATER, put("t1.b", 3));
    end(next, 5);
    end(open, 4);
    assertFine(found("t0.a", 1, "t1.a", 2));
    assertFine(found("t1.a", 2, "t1.b", 3));
    assertCrash(Kind.ORDER, found("t1.a", 2));
  }

  @Test
  void aCommitThatFailedAndIsThereHasItsPlaceInTheOrder() {
    commit(second, 1, put("t1.a", 1));
    fail(first, put("t0.a", 2));
    assertFine(found("t1.a", 1));
    assertCrash(Kind.ORDER, found("t0.a", 2));
  }

  @Test
  void ofStatesThatAreAlikeOneThatIsDurableEnoughCounts() {
    commit(second, 1, put("t1.a", 1));
    commit(first, 2, put("t0.a", 2));
    commitDurably(first, 3, remove("t0.a"));
    assertFine(found("t1.a", 1));
    assertCrash(Kind.ORDER, found());
  }

  @Test
  void aCommitThatFailedIsThereOrNot() {
    commit(first, 1, put("t0.a", 1), put("t0.b", 2));
    fail(first, put("t0.a", 3), put("t0.b", 4), remove("t0.c"));
    commitDurably(first, 2, put("t0.c", 5));
    assertFine(found("t0.a", 1, "t0.b", 2, "t0.c", 5));
    assertFine(found("t0.a", 3, "t0.b", 4, "t0.c", 5));
    assertCrash(Kind.TORN_BATCH, found("t0.a", 3, "t0.b", 2, "t0.c", 5));
    assertCrash(Kind.LOST, found("t0.a", 3, "t0.b", 4));
    for (int tag : new int[] {1, 3}) {
      assertDoesNotThrow(() -> first.checkRead("m", "t0.a", bytes(tag)));
    }
    assertKind(Kind.WRONG_READ, () -> first.checkRead("m", "t0.a", null));
  }

  @Test
  void aCommitThatNobodySaysHowItWentIsThereIfLaterOnesAre() {
    begin(first, Promise.DURABLE, put("t0.a", 1));
    begin(first, Promise.DURABLE, put("t0.b", 2));
    assertFine(found());
    assertFine(found("t0.a", 1));
    assertFine(found("t0.a", 1, "t0.b", 2));
    assertCrash(Kind.ORDER, found("t0.b", 2));
  }

  @Test
  void whatNobodyWroteIsAlien() {
    commit(first, 1, put("t0.a", 1));
    assertCrash(Kind.ALIEN, found("t0.a", 9));
    assertCrash(Kind.ALIEN, found("t0.b", 1));
    assertCrash(Kind.ALIEN, found("t7.a", 1));
    Found truncated = new Found();
    truncated.add("m", key("t0.a"), new Value(1, 9).bytes());
    assertCrash(Kind.ALIEN, truncated);
    Found elsewhere = new Found();
    elsewhere.add("other", key("t0.a"), bytes(1));
    assertCrash(Kind.ALIEN, elsewhere);
    assertCrash(Kind.ALIEN, found("nobody", 1));
    byte[] mixed = bytes(1);
    byte[] longer = Arrays.copyOf(mixed, 9);
    assertKind(Kind.ALIEN, () -> new Found().add("m", new byte[] {'k'}, longer));
    assertKind(Kind.ALIEN, () -> new Found().add("m", new byte[] {'k'}, new byte[3]));
    assertKind(Kind.ALIEN, () -> first.checkRead("m", "t0.a", longer));
    assertKind(Kind.ALIEN, () -> first.checkRead("m", "t9.a", mixed));
  }

  @Test
  void goesOnFromWhatWasFound() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, put("t0.b", 2));
    assertEquals(new Settled(1, 1, 1), oracle.settle(found("t0.a", 1), position, true));
    position = 0;
    assertDoesNotThrow(() -> first.checkRead("m", "t0.a", bytes(1)));
    assertDoesNotThrow(() -> first.checkRead("m", "t0.b", null));
    assertFine(found("t0.a", 1));
    assertCrash(Kind.LOST, found());
    commit(first, 1, remove("t0.a"), put("t0.c", 3));
    assertFine(found("t0.a", 1));
    assertFine(found("t0.c", 3));
    assertCrash(Kind.TORN_BATCH, found("t0.a", 1, "t0.c", 3));
    assertCrash(Kind.ALIEN, found("t0.b", 2));
  }

  @Test
  void withoutOrderEachCommitIsThereOrNot() {
    Oracle unordered = new Oracle(1, EnumSet.of(Capability.BATCH, Capability.DURABLE));
    Session session = unordered.session(0);
    session.begin(List.of(put("t0.a", 1)), Promise.LATER).acknowledged(0, 0);
    session.begin(List.of(put("t0.b", 2), put("t0.c", 3)), Promise.LATER).acknowledged(0, 0);
    session.begin(List.of(put("t0.d", 4)), Promise.DURABLE).acknowledged(0, 0);
    session.begin(List.of(put("t0.d", 5)), Promise.LATER).acknowledged(0, 0);
    assertDoesNotThrow(() -> unordered.judge(found("t0.d", 4), 0, true));
    assertDoesNotThrow(() -> unordered.judge(found("t0.b", 2, "t0.c", 3, "t0.d", 5), 0, true));
    assertKind(Kind.TORN_BATCH, () -> unordered.judge(found("t0.b", 2, "t0.d", 4), 0, true));
    assertKind(Kind.LOST, () -> unordered.judge(found("t0.a", 1), 0, true));
    assertKind(Kind.LOST, () -> unordered.judge(found("t0.d", 5), 0, false));
  }

  @Test
  void withoutDurabilityNothingHasToBeThereAfterACrash() {
    Oracle careless = new Oracle(1, EnumSet.of(Capability.SURVIVES_KILL));
    Session session = careless.session(0);
    session.begin(List.of(put("t0.a", 1)), Promise.DURABLE).acknowledged(0, 0);
    assertDoesNotThrow(() -> careless.judge(found(), 0, true));
    assertKind(Kind.LOST, () -> careless.judge(found(), 0, false));
  }

  @Test
  void ownKeysAreReadExactly() {
    commit(first, 1, put("t0.a", 1));
    commit(first, 2, put("t0.a", 2), put("t0.b", 3));
    commit(first, 3, remove("t0.b"));
    assertDoesNotThrow(() -> first.checkRead("m", "t0.a", bytes(2)));
    assertDoesNotThrow(() -> first.checkRead("m", "t0.b", null));
    assertDoesNotThrow(() -> first.checkRead("m", "t0.never", null));
    assertKind(Kind.WRONG_READ, () -> first.checkRead("m", "t0.a", bytes(1)));
    assertKind(Kind.WRONG_READ, () -> first.checkRead("m", "t0.a", null));
    assertKind(Kind.WRONG_READ, () -> first.checkRead("m", "t0.b", bytes(3)));
    assertKind(Kind.ALIEN, () -> first.checkRead("m", "t0.a", bytes(3)));
  }

  @Test
  void keysOfOthersAreNotReadAsTheyWereBeforeTheReadBegan() {
    commit(second, 1, put("t1.a", 1));
    Session.Reading before = first.reading("m", "t1.a");
    Pending open = begin(second, Promise.LATER, put("t1.a", 2));
    Session.Reading during = first.reading("m", "t1.a");
    end(open, 2);
    Session.Reading after = first.reading("m", "t1.a");
    for (Session.Reading reading : List.of(before, during)) {
      reading.got(bytes(1));
      reading.got(bytes(2));
      assertKind(Kind.WRONG_READ, () -> reading.got(null));
    }
    after.got(bytes(2));
    assertKind(Kind.WRONG_READ, () -> after.got(bytes(1)));
    first.checkRead("m", "t1.a", bytes(1));
  }

  @Test
  void keysOfOthersMayBeAbsentWhileARemovalIsOnItsWay() {
    Session.Reading empty = first.reading("m", "t1.a");
    commit(second, 1, put("t1.a", 1));
    empty.got(null);
    Pending removal = begin(second, Promise.LATER, remove("t1.a"));
    Session.Reading during = first.reading("m", "t1.a");
    during.got(null);
    end(removal, 2);
    commit(second, 3, put("t1.a", 2));
    during.got(null);
    Session.Reading after = first.reading("m", "t1.a");
    assertKind(Kind.WRONG_READ, () -> after.got(null));
    fail(second, remove("t1.a"));
    Session.Reading doubtful = first.reading("m", "t1.a");
    doubtful.got(null);
    commit(second, 4, put("t1.a", 3));
    doubtful.got(null);
    Session.Reading certain = first.reading("m", "t1.a");
    assertKind(Kind.WRONG_READ, () -> certain.got(null));
    assertKind(Kind.WRONG_READ, () -> certain.got(bytes(2)));
    fail(second, put("t1.a", 4));
    certain.got(bytes(4));
    commit(second, 5, put("t1.a", 5));
    Session.Reading last = first.reading("m", "t1.a");
    assertKind(Kind.WRONG_READ, () -> last.got(bytes(4)));
  }

  private static Entry entry(String key, long tag) {
    return new Entry(key(key), bytes(tag));
  }

  @Test
  void aWalkHasWhatIsThereAllTheTimeOnce() {
    commit(first, 1, put("t0.a", 1), put("t0.b", 2));
    commit(second, 2, put("t1.a", 3));
    ScanCheck check = first.scan("m");
    check.saw(entry("t0.a", 1));
    assertKind(Kind.WRONG_SCAN, () -> check.saw(entry("t0.a", 1)));
    commit(first, 3, put("t0.b", 4), put("t0.new", 5));
    check.saw(entry("t0.b", 2));
    assertKind(Kind.WRONG_SCAN, check::end);
    check.saw(entry("t1.a", 3));
    check.end();
    assertEquals(3, check.seenCount());
    assertKind(Kind.ALIEN, () -> check.saw(entry("t7.a", 3)));
    assertKind(Kind.WRONG_SCAN, () -> first.scan("m").saw(entry("t0.b", 2)));
  }

  @Test
  void aWalkMayOrMayNotHaveWhatComesAndGoes() {
    commit(second, 1, put("t1.gone", 1));
    ScanCheck check = first.scan("m");
    commit(second, 2, put("t1.come", 2));
    commit(second, 3, remove("t1.gone"));
    assertDoesNotThrow(check::end);
    check.saw(entry("t1.gone", 1));
    check.saw(entry("t1.come", 2));
    commit(second, 4, put("t1.gone", 3));
    check.saw(entry("t1.gone", 3));
    check.end();
    ScanCheck late = first.scan("m");
    assertKind(Kind.WRONG_SCAN, () -> late.saw(entry("t1.gone", 1)));
  }

  @Test
  void aSecondCrashChangesNothing() {
    Found before = found("t0.a", 1, "t0.b", 2);
    assertDoesNotThrow(() -> before.checkSame(found("t0.a", 1, "t0.b", 2)));
    assertKind(Kind.LOST, () -> before.checkSame(found("t0.a", 1)));
    assertKind(Kind.LOST, () -> before.checkSame(found("t0.a", 1, "t0.b", 3)));
    assertKind(Kind.ALIEN, () -> before.checkSame(found("t0.a", 1, "t0.b", 2, "t0.c", 3)));
  }

  @Test
  void whatWasMaybeRemovedMayNotChangeWhenItIsRemoved() {
    commit(first, 1, put("t0.b", 1));
    oracle.settle(found("t0.b", 1), position, true);
    position = 0;
    commit(first, 1, put("t0.a", 2));
    fail(first, remove("t0.b"));
    commitDurably(first, 1, remove("t0.b"));
    assertFine(found("t0.b", 1));
    assertFine(found("t0.a", 2));
  }

  @Test
  void allThatIsFoundIsReadInTwoWays() {
    FakeStore store = new FakeStore(FakeStore.Lie.READ_NOTHING, true, new SplittableRandom(5));
    for (int i = 0; i < 100; i++) {
      store.apply(put("t0." + i, i + 1).change(), Promise.LATER);
    }
    assertKind(Kind.WRONG_READ, () -> Found.read(store));
  }

  @Test
  void messagesSayWhatIsWrong() {
    commit(first, 7, put("t0.a", 1), put("t0.b", 2));
    Found torn = found("t0.a", 1);
    Violation violation = assertThrows(Violation.class, () -> oracle.judge(torn, position, true));
    String message = String.valueOf(violation.getMessage());
    for (String part :
        List.of("commit 1 of t0 (sequence 7) is there in part", "t0.b", "map m", "nothing")) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void misuseIsRefused() {
    assertRefused("t1.a", put("t1.a", 1));
    assertRefused("twice", put("t0.a", 1), put("t0.a", 2));
    commit(first, 1, put("t0.b", 3));
    assertRefused("tag=3", put("t0.c", 3));
    Pending pending = begin(first, Promise.LATER, put("t0.d", 4));
    pending.unknown(new IllegalStateException());
    assertThrows(IllegalStateException.class, () -> pending.acknowledged(1, 1));
  }

  private void assertRefused(String part, Edit... edits) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> first.begin(List.of(edits), Promise.LATER));
    assertTrue(String.valueOf(refusal.getMessage()).contains(part), refusal.getMessage());
  }
}
