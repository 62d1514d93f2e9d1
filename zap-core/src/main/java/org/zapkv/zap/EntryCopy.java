// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

/**
 * Copies entries from one leaf to another, chunk by chunk. Both are locked for writing, the target
 * is dirty and has room; nothing here can fail.
 */
final class EntryCopy {
  private final Leaf source;
  private final Leaf target;
  private final LeafBlock from;
  private final LeafBlock to;

  EntryCopy(Leaf source, Leaf target) {
    this.source = source;
    this.target = target;
    this.from = source.block();
    this.to = target.block();
  }

  /** Copies an entry with its name and its value, and links it. It keeps its cd. */
  void copy(int entry) {
    int copy = to.allocateChunk();
    to.copyChunk(copy, from, entry);
    target.link(copy);
    to.setNameChunk(copy, copyArray(from.nameChunk(entry), source.nameBytes(entry)));
    to.setValueChunk(copy, copyArray(from.valueChunk(entry), from.valueBytes(entry)));
    to.addEntries(1);
  }

  private int copyArray(int head, int bytes) {
    int first = CHAIN_END;
    int last = CHAIN_END;
    int chunk = head;
    for (int left = LeafLayout.arrayChunks(bytes); left > 0; left--) {
      int copy = to.allocateChunk();
      to.copyChunk(copy, from, chunk);
      chunk = from.link(chunk);
      if (last == CHAIN_END) {
        first = copy;
      } else {
        to.setLink(last, copy);
      }
      last = copy;
    }
    if (last != CHAIN_END) {
      to.setLink(last, CHAIN_END);
    }
    return first;
  }
}
