// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/** What is attached to blocks counts against the budget, once each, with what it takes. */
final class UserMemoryTest {
  private static final int COUNT = 20_000;

  @Test
  void leavesAndTheHeaderAreCountedOnce() {
    try (TestMap map = TestMap.createFat(ZapParameters.DEFAULT.withFatBlockShift(10))) {
      for (int i = 0; i < 500; i++) {
        map.put(TestMap.key(i), ZapValue.ofLong(i));
      }
      ZapStatistics shape = map.zap().statistics();
      long leaves = shape.leafCount();
      assertTrue(leaves > 10, "leaves " + leaves);
      for (int i = 0; i < 500; i++) {
        // Not by reads without a lock, which may make indexes.
        map.zap().lookup(TestMap.key(i), MatchType.EXACT);
      }
      long parts =
          shape.tableBlockCount() * LeafMirror.Part.HEAP_BYTES
              + shape.tableLength() * LeafMirror.Part.POINTER_BYTES;
      assertTrue(shape.tableBlockCount() > 0, "tableBlockCount " + shape.tableBlockCount());
      assertEquals(
          leaves * Leaf.HEAP_BYTES + FatHeader.HEAP_BYTES + parts, map.cache().stats().userBytes());
    }
  }

  @Test
  void theIndexOfAMicroMapIsCountedAsItGrows() {
    try (TestMap map = TestMap.create(ZapParameters.DEFAULT)) {
      for (int i = 0; i < 100; i++) {
        map.put(TestMap.key(i), ZapValue.ofLong(i));
        Buffer block0 = map.object().hold(0, this);
        try {
          MicroIndex index = (MicroIndex) block0.user();
          assertEquals(index.sizeBytes(), map.cache().stats().userBytes());
        } finally {
          block0.release(this);
        }
      }
    }
  }

  /** By what the JVM says that the making of one allocates. */
  @Test
  void theSizesAreTheRealOnes() {
    try (BufferCache cache = BufferCache.builder().build()) {
      Buffer buffer =
          cache.hold(
              (objectId, blockId, address, sizeBytes) ->
                  NativeMemory.fill(address, sizeBytes, (byte) 0),
              1,
              0,
              16384,
              this);
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      Leaf[] leaves = new Leaf[COUNT];
      long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      for (int i = 0; i < COUNT; i++) {
        leaves[i] = new Leaf(buffer, LeafLayout.of(14), 48, false);
      }
      long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      double bytes = (double) (after - before) / leaves.length;
      assertEquals(Leaf.HEAP_BYTES, bytes, Leaf.HEAP_BYTES / 4.0);
      buffer.release(this);
    }
  }
}
