// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.util.Locale;

/**
 * What is done to a block of native memory when it is handed out and when it is returned.
 *
 * <p>Correctness never depends on it: whoever takes a block writes every byte that it later reads.
 * The policies are a second line of defence ({@code INIT_...}), the fastest choice ({@code NONE}),
 * and the one that makes a mistake visible ({@code POISON}).
 */
public enum InitPolicy {
  /** Zeros when handed out. */
  INIT_ON_ALLOC,
  /** Zeros when returned, so that nothing secret stays in free memory. */
  INIT_ON_FREE,
  /** Zeros both when handed out and when returned. */
  INIT_ON_BOTH,
  /** Nothing: a block holds what its last owner left in it. */
  NONE,
  /** A pattern that is neither zero nor plausible data, on both; for tests. */
  POISON;

  /** The system property that overrides the default: the name of a constant, in any case. */
  public static final String PROPERTY = "zap.init.policy";

  /** The byte that {@link #POISON} fills a block with when it is handed out. */
  public static final byte POISON_ALLOC = (byte) 0xA5;

  /** The byte that {@link #POISON} fills a block with when it is returned. */
  public static final byte POISON_FREE = (byte) 0xDF;

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

  void onAlloc(long address, long sizeBytes) {
    if (zeroOnAlloc()) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else if (poisons()) {
      NativeMemory.fill(address, sizeBytes, POISON_ALLOC);
    }
  }

  boolean touchesOnFree() {
    return zeroOnFree() || poisons();
  }

  void onFree(long address, long sizeBytes) {
    if (zeroOnFree()) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else if (poisons()) {
      NativeMemory.fill(address, sizeBytes, POISON_FREE);
    }
  }
}
