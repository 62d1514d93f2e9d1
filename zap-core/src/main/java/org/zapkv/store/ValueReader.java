// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes something of the bytes of a value: see {@link ZapMap#read}.
 *
 * @param <T> what it makes of them
 */
@FunctionalInterface
public interface ValueReader<T> {
  /**
   * Reads a value.
   *
   * @param value the bytes of the value, from the position 0 to the limit; read-only, big-endian.
   *     Good during the call only: what is to be kept of it has to be copied
   * @return what the caller of {@link ZapMap#read} gets, or null
   */
  @Nullable T read(ByteBuffer value);
}
