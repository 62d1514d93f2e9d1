// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.zapkv.harness.operation.Edit;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.FakeStore.Lie;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Change;
import org.zapkv.harness.subject.Promise;
import org.zapkv.harness.subject.Subject;

/** A damaged store may fail, but neither say anything wrong nor leave something out. */
final class DamageCheckTest {
  private static final int KEYS = 20;

  private final Oracle oracle = new Oracle(1, EnumSet.allOf(Capability.class));
  private final FakeStore store = new FakeStore(Lie.NONE, true, new SplittableRandom(1));

  DamageCheckTest() {
    for (int i = 0; i < KEYS; i++) {
      Edit edit = new Edit("m" + i % 2, "t0." + i, new Value(i + 1, 8 + i));
      Pending pending = oracle.session(0).begin(List.of(edit), Promise.LATER);
      pending.acknowledged(store.commit(List.of(edit.change()), Promise.LATER), 0);
    }
    oracle.settle(Found.read(store), 0, false);
  }

  @Test
  void whatIsNotDamagedIsRight() {
    assertEquals(List.of(), oracle.checkDamaged(store));
  }

  @Test
  void readsThatFailAreGiven() {
    int failures = oracle.checkDamaged(new Damaged(Damage.GET_FAILS)).size();
    assertEquals(1, failures);
    assertEquals(2, oracle.checkDamaged(new Damaged(Damage.WALK_FAILS)).size());
    assertEquals(1, oracle.checkDamaged(new Damaged(Damage.MAPS_FAIL)).size());
  }

  @Test
  void whatIsWrongOrLeftOutIsFound() {
    assertKind(Kind.WRONG_READ, Damage.GET_FINDS_NOTHING);
    assertKind(Kind.ALIEN, Damage.GET_IS_WRONG);
    assertKind(Kind.WRONG_SCAN, Damage.WALK_ENDS_EARLY);
  }

  private void assertKind(Kind kind, Damage damage) {
    Violation violation =
        assertThrows(Violation.class, () -> oracle.checkDamaged(new Damaged(damage)));
    assertEquals(kind, violation.kind(), violation.getMessage());
  }

  private enum Damage {
    GET_FAILS,
    WALK_FAILS,
    MAPS_FAIL,
    GET_FINDS_NOTHING,
    GET_IS_WRONG,
    WALK_ENDS_EARLY
  }

  /** The store with a damage of one key, or of the second half of each map. */
  private final class Damaged implements Subject {
    private final Damage damage;

    Damaged(Damage damage) {
      this.damage = damage;
    }

    private void failIf(Damage which) {
      if (damage == which) {
        throw new IllegalStateException("damaged");
      }
    }

    @Override
    public byte @Nullable [] get(String map, byte[] key) {
      byte[] value = store.get(map, key);
      if (value == null || !new String(key, StandardCharsets.UTF_8).equals("t0.7")) {
        return value;
      }
      failIf(Damage.GET_FAILS);
      if (damage == Damage.GET_IS_WRONG) {
        value[value.length - 1]++;
      }
      return damage == Damage.GET_FINDS_NOTHING ? null : value;
    }

    @Override
    public Scan scan(String map, long cookie) {
      Scan scan = store.scan(map, cookie);
      return new Scan() {
        private int entries;

        @Override
        public @Nullable Entry next() {
          if (entries++ < KEYS / 4) {
            return scan.next();
          }
          failIf(Damage.WALK_FAILS);
          return damage == Damage.WALK_ENDS_EARLY ? null : scan.next();
        }

        @Override
        public void close() {
          scan.close();
        }
      };
    }

    @Override
    public List<String> maps() {
      failIf(Damage.MAPS_FAIL);
      return store.maps();
    }

    @Override
    public void apply(Change change, Promise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long commit(List<Change> changes, Promise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void sync() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
