// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.pool.LabelEditor;
import org.zapkv.pool.Transaction;

/** What a version does with features of a store that it does not know. */
final class FeatureTest {
  private static final long BIT_40 = 1L << 40;
  private static final long SNAPSHOTS = 2;

  private final MemoryDevice device = new MemoryDevice();

  @FunctionalInterface
  private interface Adder {
    void add(MemoryDevice device, long memory, long features);
  }

  private void newStoreWith(long features, Adder adder) {
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options());
        Transaction tx = objects.begin(1 << 20)) {
      objects.create(ObjectType.MAP, 4096, tx).close();
    }
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(4096)) {
      adder.add(device, memory.address(), features);
    }
  }

  private static void assertRefused(FormatTooNewException refusal, String... words) {
    for (String word : words) {
      assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
    }
  }

  @Test
  void anIncompatibleFeatureIsRefusedByName() {
    newStoreWith(BIT_40 | 1L << 63, LabelEditor::addIncompatibleFeatures);
    assertRefused(
        assertThrows(
            FormatTooNewException.class, () -> ObjectSet.open(device, TestObjects.options())),
        "bit 40, bit 63",
        "incompatible");
    assertRefused(
        assertThrows(
            FormatTooNewException.class,
            () -> ObjectSet.openReadOnly(device, null, TestObjects.options())),
        "bit 40");
  }

  @Test
  void aReadOnlyCompatibleFeatureLetsOneRead() {
    newStoreWith(SNAPSHOTS | BIT_40, LabelEditor::addReadOnlyCompatibleFeatures);
    assertRefused(
        assertThrows(
            FormatTooNewException.class, () -> ObjectSet.open(device, TestObjects.options())),
        "SNAPSHOTS, bit 40",
        "read-only");
    try (ObjectSet objects = ObjectSet.openReadOnly(device, null, TestObjects.options());
        DataObject object = objects.open(1)) {
      assertEquals(ObjectType.MAP, object.type());
    }
  }

  @Test
  void aCompatibleFeatureIsIgnoredAndKept() {
    newStoreWith(BIT_40, LabelEditor::addCompatibleFeatures);
    for (int i = 0; i < 2; i++) {
      try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
          Transaction tx = objects.begin(1 << 20)) {
        objects.create(ObjectType.MAP, 4096, tx).close();
      }
    }
  }
}
