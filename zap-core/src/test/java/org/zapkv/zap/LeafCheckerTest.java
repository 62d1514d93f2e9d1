// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/** What the check of a leaf finds: each thing that would make a wrong answer later. */
class LeafCheckerTest {
  private static final int BLOCK_SHIFT = 14;
  private static final LeafLayout LAYOUT = LeafLayout.of(BLOCK_SHIFT);
  private static final long WORDS = ZapName.FLAG_UINT64_KEY | ZapName.FLAG_PRE_HASHED_KEY;
  private static final long TOUPPER = 2;
  private static final ZapValue VALUE = ZapValue.ofLong(1);

  private final BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
  private final Buffer buffer =
      cache.hold(LeafCheckerTest::readAnything, 1, 7, 1 << BLOCK_SHIFT, this);

  /** A new leaf may not depend on what was there. */
  private static void readAnything(long object, long block, long address, int size) {
    NativeMemory.fill(address, size, (byte) 0x77);
  }

  @AfterEach
  void close() {
    buffer.release(this);
    cache.close();
  }

  private Leaf leaf(ZapNames names) {
    Leaf leaf = newLeaf(names);
    leaf.initialise(0, 0, names.hasVariants() ? LeafLayout.FLAG_CD_SORTED : 0);
    return leaf;
  }

  private Leaf newLeaf(ZapNames names) {
    Leaf leaf = new Leaf(buffer, LAYOUT, names.hashBits(), names.hasWords());
    leaf.block().beginChange();
    leaf.setNames(names);
    return leaf;
  }

  /** A leaf whose entries all have one hash, with one cd each. */
  private Leaf oneChain(ZapNames names, int count) {
    Leaf leaf = leaf(names);
    for (int i = 0; i < count; i++) {
      leaf.insert(word(names, i), VALUE, 0, i);
    }
    return leaf;
  }

  private static ZapName word(ZapNames names, int number) {
    return names.exact(ByteBuffer.allocate(16).putLong(5L << 50).putLong(number).array());
  }

  private static ZapNames plain() {
    return ZapNames.of(1, 0, 0);
  }

  private static ZapNames words() {
    return ZapNames.of(1, WORDS, 0);
  }

  private static void assertFound(Leaf leaf, String expected) {
    List<String> problems = new ArrayList<>();
    boolean clean = LeafChecker.report(leaf, (block, offset, problem) -> problems.add(problem));
    assertEquals(expected.isEmpty(), clean);
    if (clean) {
      assertEquals(List.of(), problems);
      LeafChecker.check(leaf);
    } else {
      assertTrue(problems.get(0).contains(expected), problems::toString);
      CorruptException e = assertThrows(CorruptException.class, () -> LeafChecker.check(leaf));
      assertEquals(7, e.blockId());
    }
  }

  private void put(int offset, long value) {
    NativeMemory.putLong(buffer.address() + offset, value);
  }

  private int chunkOf(Leaf leaf, ZapName name) {
    return LAYOUT.chunkOffset(leaf.find(name));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 9, 150})
  void aChainOfAnyLengthIsSound(int length) {
    assertFound(oneChain(words(), length), "");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 9, 150})
  void twoEntriesWithTheSameNameAreFound(int length) {
    ZapNames names = words();
    Leaf leaf = oneChain(names, length - 1);
    leaf.insert(word(names, length / 2 - 1), VALUE, 0, 1000);
    assertFound(leaf, "the same name");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 9, 150})
  void twoEntriesAtOnePositionAreFound(int length) {
    ZapNames names = words();
    Leaf leaf = oneChain(names, length - 1);
    leaf.insert(word(names, 1000), VALUE, 0, length / 2 - 1);
    assertFound(leaf, "two entries with hash=");
  }

  @Test
  void aHashThatIsNotTheNamesIsFound() {
    Leaf leaf = leaf(plain());
    ZapName name = plain().exact(TestMap.key("a"));
    leaf.insert(name, VALUE, 0, 0);
    int chunk = chunkOf(leaf, name);
    put(chunk + LeafLayout.ENTRY_HASH_OFFSET, name.hash() ^ 1L << 36);
    assertFound(leaf, "is not the hash of the name");
  }

  @Test
  void aChunkInNoChainIsFound() {
    Leaf leaf = leaf(plain());
    ZapName name = plain().exact(TestMap.key("a"));
    leaf.insert(name, VALUE, 0, 0);
    // Unlinked and not counted any more, but with the type of an entry, which a split goes by.
    leaf.block().setBucketHead(LAYOUT.bucket(name.hash(), 0), LeafLayout.CHAIN_END);
    leaf.block().addEntries(-1);
    assertFound(leaf, "chunks are in no chain");
  }

  @Test
  void flagsOfAnotherKindOfMapAreFound() {
    Leaf leaf = newLeaf(plain());
    leaf.initialise(0, 0, LeafLayout.FLAG_CD_SORTED);
    assertFound(leaf, "flags=1");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 9})
  void anUnsortedChainIsFoundWhereChainsAreSorted(int length) {
    ZapNames names = ZapNames.of(1, 0, TOUPPER);
    Leaf leaf = leaf(names);
    List<Integer> chunks = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      // Variants of one another, so that all are in one chain.
      String key = "a".repeat(i) + "A".repeat(length - i);
      ZapName name = names.exact(TestMap.key(key));
      leaf.insert(name, VALUE, 0, i);
      chunks.add(chunkOf(leaf, name));
    }
    assertFound(leaf, "");
    NativeMemory.putInt(buffer.address() + chunks.get(0) + LeafLayout.ENTRY_CD_OFFSET, 1000);
    assertFound(leaf, "not sorted by cd");
  }
}
