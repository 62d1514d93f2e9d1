// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.ZapKind;

@Tag("once")
final class StoreKindsTest {
  @ParameterizedTest
  @MethodSource("org.zapkv.harness.StoreKinds#names")
  void theOwnOnesHaveNames(String name) {
    StoreKind kind = StoreKinds.of(name);
    assertEquals(name, StoreKinds.nameOf(kind));
    assertEquals(kind.getClass(), StoreKinds.of(kind.getClass().getName()).getClass());
  }

  @Test
  void othersHaveThoseOfTheirClasses() {
    assertEquals(FakeKind.class.getName(), StoreKinds.nameOf(new FakeKind(Set.of())));
    assertEquals(ZapKind.class, StoreKinds.of(ZapKind.class.getName()).getClass());
  }

  @ParameterizedTest
  @ValueSource(strings = {"nosuch", "java.lang.String", "org.zapkv.harness.FakeKind"})
  void whatIsNoneIsRefused(String name) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> StoreKinds.of(name)).getMessage();
    assertTrue(message.startsWith(name + " "), message);
  }
}
