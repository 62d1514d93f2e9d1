// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.util.Locale;
import java.util.SplittableRandom;
import org.zapkv.error.BufferStateException;

/**
 * What is done to a block of native memory when it is handed out and when it is returned.
 *
 * <p>Correctness never depends on it: whoever takes a block writes every byte that it later reads.
 * The policies are a second line of defence ({@code INIT_...}), the fastest choice ({@code NONE}),
 * and the one that makes a mistake visible ({@code POISON}).
 */
public enum InitPolicy {
  /*
   * Implementation notes
   *
   * What POISON shows, and where:
   *
   *   free block     all FREE words; looked at when it is handed out: written after its return
   *   block handed   all ALLOC words; looked for when its owner says that it is filled: not written
   *   bytes written  neither: looked for by a device of the tests
   *
   * The words are eight different bytes each, with no meaning as text, number, time or address, and
   * are looked for at multiples of eight, where a fill has put them: so real data is not taken for
   * them, but for one word in 2^64 of random bytes.
   */

  /** Zeros when handed out. */
  INIT_ON_ALLOC,
  /** Zeros when returned, so that nothing secret stays in free memory. */
  INIT_ON_FREE,
  /** Zeros both when handed out and when returned. */
  INIT_ON_BOTH,
  /** Nothing: a block holds what its last owner left in it. */
  NONE,
  /** A pattern that is neither zero nor plausible data, on both, and looked for; for tests. */
  POISON;

  /** The system property that overrides the default: the name of a constant, in any case. */
  public static final String PROPERTY = "zap.init.policy";

  /**
   * The system property that, if {@code true}, has fresh memory begin as pseudo-random bytes and
   * not as the zeros that the system gives; for tests. {@link #POISON} has its own pattern there.
   */
  public static final String DIRTY_PROPERTY = "zap.init.dirty";

  /** What {@link #POISON} fills a block with when it is handed out: this word, little-endian. */
  public static final long POISON_ALLOC_WORD = 0xA5F1_93C7_8EBD_D6E9L;

  /** What {@link #POISON} fills free memory with: this word, little-endian. */
  public static final long POISON_FREE_WORD = 0xDFB3_C591_F7A8_9CEBL;

  /**
   * The policy that is used where none is given.
   *
   * @return the one that the system property {@value #PROPERTY} names, else {@link #NONE}
   * @throws IllegalArgumentException if the property names no policy
   */
  public static InitPolicy defaultPolicy() {
    String name = System.getProperty(PROPERTY);
    return name == null ? NONE : valueOf(name.trim().toUpperCase(Locale.ROOT));
  }

  /**
   * Whether a block is zeroed when it is handed out.
   *
   * @return true for {@link #INIT_ON_ALLOC} and {@link #INIT_ON_BOTH}
   */
  public boolean zeroOnAlloc() {
    return this == INIT_ON_ALLOC || this == INIT_ON_BOTH;
  }

  /**
   * Whether a block is zeroed when it is returned.
   *
   * @return true for {@link #INIT_ON_FREE} and {@link #INIT_ON_BOTH}
   */
  public boolean zeroOnFree() {
    return this == INIT_ON_FREE || this == INIT_ON_BOTH;
  }

  /**
   * Whether a block is filled with a pattern both when it is handed out and when it is returned.
   *
   * @return true for {@link #POISON}
   */
  public boolean poisons() {
    return this == POISON;
  }

  /**
   * Sees to it that the owner of a block has written all of it. Does nothing but under {@link
   * #POISON}.
   *
   * @param address the first byte of the block
   * @param sizeBytes how many bytes the owner uses
   * @param owner what the message names, by its {@code toString}
   * @throws BufferStateException if a word is as it was when the block was handed out
   */
  public void checkWritten(long address, int sizeBytes, Object owner) {
    if (!poisons()) {
      return;
    }
    for (long at = 0; at <= sizeBytes - Long.BYTES; at += Long.BYTES) {
      if (NativeMemory.getLong(address + at) == POISON_ALLOC_WORD) {
        throw new BufferStateException(
            owner + ": left unwritten at offset=" + at + " of sizeBytes=" + sizeBytes);
      }
    }
  }

  /** What is done to memory that comes from the system. */
  void onMap(long address, long sizeBytes) {
    if (poisons()) {
      fillWords(address, sizeBytes, POISON_FREE_WORD);
    } else if (Boolean.getBoolean(DIRTY_PROPERTY)) {
      SplittableRandom random = new SplittableRandom(address);
      for (long at = 0; at < sizeBytes; at += Long.BYTES) {
        NativeMemory.putLong(address + at, random.nextLong());
      }
    }
  }

  void onAlloc(long address, long sizeBytes) {
    if (zeroOnAlloc()) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else if (poisons()) {
      checkUntouched(address, sizeBytes);
      fillWords(address, sizeBytes, POISON_ALLOC_WORD);
    }
  }

  private static void checkUntouched(long address, long sizeBytes) {
    for (long at = 0; at < sizeBytes; at += Long.BYTES) {
      long word = NativeMemory.getLong(address + at);
      if (word != POISON_FREE_WORD) {
        throw new BufferStateException(
            "free memory was written to: address=0x"
                + Long.toHexString(address)
                + " offset="
                + at
                + " size="
                + sizeBytes
                + " found=0x"
                + Long.toHexString(word)
                + ": somebody used a block after it was returned");
      }
    }
  }

  boolean touchesOnFree() {
    return zeroOnFree() || poisons();
  }

  void onFree(long address, long sizeBytes) {
    if (zeroOnFree()) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else if (poisons()) {
      fillWords(address, sizeBytes, POISON_FREE_WORD);
    }
  }

  /** The size is a power of two of at least {@link BlockAllocator#MIN_BLOCK_BYTES}, or of slabs. */
  private static void fillWords(long address, long sizeBytes, long word) {
    long first = Math.min(sizeBytes, BlockAllocator.MIN_BLOCK_BYTES);
    for (long at = 0; at < first; at += Long.BYTES) {
      NativeMemory.putLong(address + at, word);
    }
    for (long done = first; done < sizeBytes; done *= 2) {
      NativeMemory.copy(address, address + done, Math.min(done, sizeBytes - done));
    }
  }
}
