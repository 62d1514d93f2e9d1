// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/** The blocks of one table of leaves: its header, its pointers, the larger copy, the leaves. */
final class TableBlocks implements BlockNumbers.User {
  private final HeaderAccess headers;
  private final PointerTable table;

  TableBlocks(HeaderAccess headers, PointerTable table) {
    this.headers = headers;
    this.table = table;
  }

  @Override
  public long blockCount() {
    FatHeader header = headers.hold();
    try {
      return 1 + header.tableBlockCount() + growingCount(header) + header.leafCount();
    } finally {
      headers.release(header);
    }
  }

  private static long growingCount(FatHeader header) {
    return header.isGrowing() ? 2 * header.tableBlockCount() : 0;
  }

  @Override
  public void visit(BlockNumbers.RangeVisitor visitor) {
    FatHeader header = headers.hold();
    try {
      visitor.inUse(header.buffer().blockId(), 1);
      visitor.inUse(header.tableBlock(), header.tableBlockCount());
      visitor.inUse(header.growingBlock(), growingCount(header));
      table.forEachRun(header, (index, leafBlock) -> visitor.inUse(leafBlock, 1));
    } finally {
      headers.release(header);
    }
  }
}
