// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The derived numbers of the format. */
class LayoutTest {

  @Test
  void leafOfTheDefaultSize() {
    LeafLayout layout = LeafLayout.of(14);
    assertEquals(638, layout.chunkCount());
    assertEquals(512, layout.bucketCount());
    assertEquals(48 + 2 * 512, layout.chunkOffset(0));
    assertEquals(0x155, layout.bucket(0xAAAA_AAAA_AAAA_AAAAL, 0));
    assertEquals(0x0AA, layout.bucket(0xAAAA_AAAA_AAAA_AAAAL, 1));
  }

  @Test
  void everyLeafStaysInItsBlock() {
    for (int shift = LeafLayout.MIN_BLOCK_SHIFT; shift <= LeafLayout.MAX_BLOCK_SHIFT; shift++) {
      LeafLayout layout = LeafLayout.of(shift);
      int blockSize = 1 << shift;
      int buckets = 1 << (shift - 5);
      assertEquals(blockSize, layout.blockSizeBytes());
      assertEquals((blockSize - 2 * buckets) / 24 - 2, layout.chunkCount());
      int end = layout.chunkOffset(layout.chunkCount());
      assertEquals(true, end <= blockSize && end > blockSize - 24);
    }
    assertEquals(18, LeafLayout.of(9).chunkCount());
  }

  @Test
  void chunksOfEntries() {
    assertEquals(0, LeafLayout.arrayChunks(0));
    assertEquals(1, LeafLayout.arrayChunks(21));
    assertEquals(2, LeafLayout.arrayChunks(22));
    assertEquals(5, LeafLayout.entryChunks(50, 8));
  }

  @Test
  void headerAndMicroBlock() {
    assertEquals(10, FatHeaderLayout.embeddedShift(14));
    assertEquals(8192, FatHeaderLayout.embeddedTableOffset(14));
    assertEquals(11, FatHeaderLayout.pointersPerBlockShift(14));
    assertEquals(7, MicroLayout.slotCount(512));
    assertEquals(2047, MicroLayout.slotCount(131072));
    assertEquals(64, MicroLayout.entryOffset(0));
  }
}
